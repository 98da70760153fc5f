// What a config leaves out is the paper's.
import { PretrainConfig } from '@simclr/pretrain';

const { batch, objective, optimizer } = PretrainConfig.parse({ dataset: 'clothes', network: { depth: 18 } });
console.log(batch, objective.kind, optimizer.name); // 512 nt_xent lars
