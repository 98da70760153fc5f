import { expect, it } from 'vitest';
import { nameConfig } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';

const pipeline: Pipeline = { name: 'p', dir: 'pipelines/p', config: 'configs/p.json', stages: {} };

it.each([
  ['unknown dataset: x. correct pretrain.dataset in the config', 'correct pretrain.dataset in configs/p.json'],
  ['missing: /x. correct the config of ingest (ingest.datasets[].folder)', 'correct configs/p.json (ingest.'],
  [
    'one. correct the config\ntwo. lower it in the config',
    'one. correct configs/p.json\ntwo. lower it in configs/p.json',
  ],
])('messages of stages name the file: %j', (message, expected) => {
  expect(nameConfig(message, pipeline)).toContain(expected);
});

it.each(['correct the configuration', 'what the config says'])('other words stay: %j', (message) => {
  expect(nameConfig(message, pipeline)).toBe(message);
});
