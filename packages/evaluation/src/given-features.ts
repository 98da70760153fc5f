import { inputsOf, type StageContext } from '@simclr/stage';
import type { FeatureSource } from './feature-source.ts';
import { openFeatures } from './features-folder.ts';

/** The features among a stage's inputs, which the stage `features` extracted. */
export async function* givenFeatures({ inputs, log }: StageContext<unknown>): AsyncGenerator<FeatureSource> {
  for (const { folder } of inputsOf(inputs, 'features')) {
    const source = openFeatures(folder);
    for (const [split, { rows, digest }] of Object.entries(source.splits)) {
      const name = `${source.dataset}/${split}`;
      log.dataset({ name, digest, context: split === 'test' ? 'evaluation' : 'training', source: folder, rows });
    }
    yield source;
  }
}
