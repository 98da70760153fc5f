// Of which dataset the stage would extract, told before anything runs: that on which the encoder was pretrained.
import plan from '@simclr/features/plan';
import stage from '@simclr/features/stage';
import { parseConfig } from '@simclr/stage';

const shape = [28, 28, 1] as const;
const planned = (task: string, plan: object) => [{ task, item: {}, plan: { facts: {}, ...plan } }];
const dataset = planned('ingest', { datasets: { clothes: { shape }, digits: { shape: [8, 8, 1] } } });
const encoder = planned('pretrain', { encoder: { dataset: 'clothes', inputShape: shape } });
console.log(plan(parseConfig(stage.config, {}, 'features', 'example.ts'), { dataset, encoder }).facts); // { dataset: 'clothes' }
