// A dataset that the encoder cannot take is refused before anything runs.
import plan from '@simclr/linear-eval/in-place/plan';
import stage from '@simclr/linear-eval/in-place/stage';
import { parseConfig } from '@simclr/stage';

const planned = (task: string, plan: object) => [{ task, item: {}, plan: { facts: {}, ...plan } }];
const dataset = planned('ingest', { datasets: { grey: { shape: [28, 28, 1] } } });
const encoder = planned('pretrain', { encoder: { dataset: 'grey', inputShape: [32, 32, 3] } });
try {
  plan(parseConfig(stage.config, {}, 'linearEval', 'example.ts'), { dataset, encoder });
} catch (error) {
  console.log((error as Error).message.split('.')[0]); // shapes differ: grey is 28×28×1, the encoder takes 32×32×3
}
