import { z } from '@simclr/stage';

/** The paper's numbers by item: every key must be an item of the study. */
const numbers = z.record(z.string(), z.number()).default({});

/** What is drawn of a study, an item of whose matrix is a run of pretrain and linear-eval; what is said of a paper, where there is one. */
export const StudyConfig = z.strictObject({
  /** Where the paper has it: `Table 5`. */
  source: z.string().optional(),
  /** What the paper finds. */
  finding: z.string().optional(),
  /** How the runs here differ from the paper's. */
  differs: z.string().optional(),
  /** `lines` and `heatmap` take an item's name apart at the first dash: `256-100` is series 256 at x 100; in a heat map a name without one is on the diagonal. */
  chart: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('bars') }),
      z.strictObject({
        kind: z.literal('lines'),
        series: z.string(),
        x: z.string(),
        /** The paper's numbers are at so many times an item's series and x. */
        paperTimes: z.tuple([z.number(), z.number()]).default([1, 1]),
      }),
      z.strictObject({ kind: z.literal('heatmap'), rows: z.string(), columns: z.string() }),
    ])
    .default({ kind: 'bars' }),
  paper: z
    .strictObject({
      /** Linear accuracy on ImageNet, per cent. */
      linear: numbers,
      /** Contrastive accuracy, per cent. */
      contrastAcc: numbers,
      /** Contrastive entropy, nats. */
      contrastEntropy: numbers,
    })
    .prefault({}),
});
export type StudyConfig = z.infer<typeof StudyConfig>;
