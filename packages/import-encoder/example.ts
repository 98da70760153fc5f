// What a checkpoint would become, from the names and shapes of its tensors.
import plan from '@simclr/import-encoder/plan';
import stage from '@simclr/import-encoder/stage';
import { parseConfig } from '@simclr/stage';

const file = 'packages/nn/src/checkpoints/testdata/resnet18.pth';
const config = parseConfig(stage.config, { file, size: 64, normalize: 'none' }, 'importEncoder', 'example.ts');
const { encoder, facts } = plan(config);
console.log(encoder?.inputShape); // [ 64, 64, 3 ]
console.log(facts.network); // ResNet-18, width 2, imagenet stem, symmetric pool padding
console.log(facts.parameters); // 11498
