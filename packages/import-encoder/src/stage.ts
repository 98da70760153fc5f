import { defineStage } from '@simclr/stage';
import { ImportEncoderConfig, optionsOf } from './config.ts';
import { prepareImport } from './import-encoder.ts';
import { sourcePath } from './source-path.ts';
import { asConfig, inConfigWords } from './words.ts';

/** An encoder from a checkpoint or a graph of another program: where a pipeline may begin instead of pretraining. */
export default defineStage({
  name: 'import-encoder',
  config: ImportEncoderConfig,
  async run({ config, out, log }) {
    const write = inConfigWords(() => prepareImport(sourcePath(config.file), optionsOf(config)));
    const { table } = await write(out);
    for (const line of asConfig(table).split('\n')) log.info(line);
    return { metrics: {} };
  },
});
