import { z } from '@simclr/stage';
import { StudyConfig } from './study/config.ts';

/** Config of the stage `report`. */
export const ReportConfig = z.strictObject({
  /** Heading of the page. */
  title: z.string().default('SimCLR'),
  /** Test images to show with their nearest neighbours. */
  queries: z.int().min(0).default(8),
  /** Draws a study instead: every item of a matrix of pretrain and linear-eval, beside the paper's numbers. */
  study: StudyConfig.optional(),
});
export type ReportConfig = z.infer<typeof ReportConfig>;
