// What the stage would make of a checkpoint, told before anything runs.
import { fileURLToPath } from 'node:url';
import stage from '@simclr/import-encoder/stage';
import { parseConfig } from '@simclr/stage';

const file = fileURLToPath(new URL('../nn/src/checkpoints/testdata/resnet18.pth', import.meta.url));
const config = parseConfig(stage.config, { file, size: 32 }, 'importEncoder', 'example.ts');
console.log(stage.plan?.(config, {}).encoder); // { dataset: 'imported', inputShape: [ 32, 32, 3 ] }
