// What the stage would fix for the stages after it, told before anything runs.
import plan from '@simclr/augment/plan';
import stage from '@simclr/augment/stage';
import { parseConfig } from '@simclr/stage';

const config = parseConfig(stage.config, { policy: 'crop(to=24)|flip|color_jitter(0.5)' }, 'augment', 'example.ts');
const ingest = { task: 'ingest', item: {}, plan: { facts: {}, datasets: { pets: { shape: null } } } };
console.log(plan(config, { dataset: [ingest] }).views?.shape); // [ 24, 24, 3 ]
