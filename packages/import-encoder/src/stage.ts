import { defineStage } from '@simclr/stage';
import { ImportEncoderConfig, optionsOf } from './config.ts';
import { readEncoder, writeEncoder } from './import-encoder.ts';
import { reportTable } from './report-table.ts';
import { sourcePath } from './source-path.ts';
import { asConfig, inConfigWords } from './words.ts';

/** An encoder from a checkpoint of another program: where a pipeline may begin instead of pretraining. */
export default defineStage({
  name: 'import-encoder',
  config: ImportEncoderConfig,
  async run({ config, out, log }) {
    const encoder = inConfigWords(() => readEncoder(sourcePath(config.file), optionsOf(config)));
    writeEncoder(out, encoder);
    for (const line of asConfig(reportTable(encoder)).split('\n')) log.info(line);
    return { metrics: {} };
  },
});
