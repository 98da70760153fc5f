import { z } from '@simclr/stage';
import { StudyConfig } from './study/config.ts';
import { Table8Config } from './table8/config.ts';

/** Config of the stage `report`. */
export const ReportConfig = z.strictObject({
  /** Heading of the page. */
  title: z.string().default('SimCLR'),
  /** Test images to show with their nearest neighbours. */
  queries: z.int().min(0).default(8),
  /** Draws a study instead: every item of a matrix of pretrain and linear-eval, beside the paper's numbers. */
  study: StudyConfig.optional(),
  /** Draws a table instead: encoders on many datasets by every protocol, beside the paper's. */
  table8: Table8Config.optional(),
});
export type ReportConfig = z.infer<typeof ReportConfig>;
