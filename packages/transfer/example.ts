// Which datasets the stage would evaluate, told before anything runs.
import { parseConfig } from '@simclr/stage';
import plan from '@simclr/transfer/in-place/plan';
import stage from '@simclr/transfer/in-place/stage';

const planned = (task: string, plan: object) => [{ task, item: {}, plan: { facts: {}, ...plan } }];
const dataset = planned('ingest', { datasets: { digits: { shape: [8, 8, 1] }, pets: { shape: [32, 32, 3] } } });
const encoder = planned('pretrain', { encoder: { dataset: 'clothes', inputShape: [28, 28, 1] } });
const config = parseConfig(stage.config, { datasets: ['digits', 'pets'] }, 'transfer', 'example.ts');
console.log(plan(config, { dataset, encoder }).facts); // { datasets: 'digits, pets' }
