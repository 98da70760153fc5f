import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, z } from '@simclr/stage';

/** One fit of a probe, as linear-eval and transfer write it. Accuracies are fractions in [0, 1]. */
const Row = z.object({
  dataset: z.string(),
  features: z.enum(['pretrained', 'random-init', 'pixels']),
  labelFraction: z.number(),
  trainRows: z.int(),
  testRows: z.int(),
  accuracy: z.number(),
});
export type ResultRow = z.infer<typeof Row>;
export type Features = ResultRow['features'];

const KnnRow = Row.omit({ labelFraction: true }).extend({ k: z.int() });
/** kNN over all training rows. */
export type KnnRow = z.infer<typeof KnnRow>;

const Results = z.object({ rows: z.array(Row), knn: z.array(KnnRow) });

const History = z.object({
  train: z.array(
    z.object({
      step: z.int(),
      epoch: z.number(),
      loss: z.number(),
      contrastAcc: z.number().optional(),
      contrastEntropy: z.number().optional(),
      supervisedAcc: z.number().optional(),
      learningRate: z.number(),
    }),
  ),
  knn: z.array(
    z.object({ step: z.int(), epoch: z.number(), accuracy: z.number(), featureRank: z.number().optional() }),
  ),
});
/** The training curves that pretrain writes. */
export type History = z.infer<typeof History>;

const Encoder = z.looseObject({
  architecture: z.looseObject({}),
  inputShape: z.array(z.int()),
  featureDim: z.int(),
  policy: z.string(),
  dataset: z.string(),
  steps: z.int(),
  seed: z.int(),
  precision: z.string(),
});
export type EncoderInfo = z.infer<typeof Encoder>;

const Neighbours = z.object({ queries: z.array(z.int()), neighbours: z.array(z.array(z.int())) });
export type Neighbours = z.infer<typeof Neighbours>;

function read<S extends z.ZodType>(schema: S, folder: string, name: string): z.infer<S> {
  const path = join(folder, name);
  if (!existsSync(path))
    throw new UserError(
      `missing file: ${path}. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it`,
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(
      `invalid file: ${path}. ${(error as Error).message}. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it`,
    );
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new UserError(
    `invalid file: ${path}. ${issue.path.join('.')}: ${issue.message}. run npm run pipeline -- run <pipeline> --force <stage>, the stage that writes it`,
  );
}

export const readResults = (folder: string): ResultRow[] => read(Results, folder, 'results.json').rows;
export const readKnn = (folder: string): KnnRow[] => read(Results, folder, 'results.json').knn;
export const readHistory = (folder: string): History => read(History, folder, 'history.json');
export const readEncoder = (folder: string): EncoderInfo => read(Encoder, folder, 'encoder.json');
export const readNeighbours = (folder: string): Neighbours => read(Neighbours, folder, 'neighbours.json');

/** Rows that differ only in the draw of the labelled subset, taken together. */
export interface Summary {
  dataset: string;
  labelFraction: number;
  trainRows: number;
  testRows: number;
  /** Accuracy by feature kind: mean and sample standard deviation over `draws`. */
  by: Partial<Record<Features, { mean: number; std: number; draws: number }>>;
}

/** One summary a (dataset, label fraction), in order of appearance, more labels first. */
export function summarise(rows: ResultRow[]): Summary[] {
  const groups = Map.groupBy(rows, (row) => `${row.dataset} ${row.labelFraction}`);
  const summaries = [...groups.values()].map((group): Summary => {
    const first = group[0]!;
    const by: Summary['by'] = {};
    for (const [features, same] of Map.groupBy(group, (row) => row.features)) {
      const n = same.length;
      const mean = same.reduce((sum, row) => sum + row.accuracy, 0) / n;
      const square = same.reduce((sum, row) => sum + (row.accuracy - mean) ** 2, 0);
      by[features] = { mean, std: n > 1 ? Math.sqrt(square / (n - 1)) : 0, draws: n };
    }
    const { dataset, labelFraction, trainRows, testRows } = first;
    return { dataset, labelFraction, trainRows, testRows, by };
  });
  const order = [...new Set(rows.map((row) => row.dataset))];
  return summaries.sort(
    (a, b) => order.indexOf(a.dataset) - order.indexOf(b.dataset) || b.labelFraction - a.labelFraction,
  );
}
