import { defineStage } from '@simclr/stage';
import { TransferConfig } from './config.ts';

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  run: async (context) => (await import('./transfer.ts')).transfer(context),
});
