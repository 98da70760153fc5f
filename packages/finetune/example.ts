// What a fine-tuning comes to, before anything runs: the paper's grid on CIFAR-10.
import plan from '@simclr/finetune/plan';
import stage from '@simclr/finetune/stage';
import { parseConfig } from '@simclr/stage';

const planned = (task: string, plan: object) => [{ task, item: {}, plan: { facts: {}, ...plan } }];
const dataset = planned('ingest', { datasets: { cifar10: { shape: [32, 32, 3], train: 50_000 } } });
const network = { depth: 50, width: 64, stem: 'cifar', channels: 3 };
const encoder = planned('pretrain', { encoder: { dataset: 'cifar10', inputShape: [32, 32, 3], network } });
const config = parseConfig(stage.config, { weights: ['pretrained'] }, 'finetune', 'example.ts');
console.log(plan(config, { dataset, encoder }).facts.trainings); // 57 of 20,000 steps of 256
