/**
 * The stage `transfer`: of features, or of an encoder and other datasets than its own, what a logistic regression and kNN
 * make of them. {@link ../example.ts} plans one.
 */
import { requireColour } from '@simclr/evaluation/input-shape';
import { requireUsed } from '@simclr/evaluation/require-used';
import { readsFeatures } from '@simclr/evaluation/wiring';
import { checkAll, defineStage, inputOf, plannedDatasets, type StagePlan } from '@simclr/stage';
import { datasetChoices, EXTRACTION_KEYS, TransferConfig } from './config.ts';

const PROBE = { stage: 'transfer', extraction: EXTRACTION_KEYS };

/** Transfer by linear evaluation to other datasets (section 6.3, B.8). */
export default defineStage({
  name: 'transfer',
  config: TransferConfig,
  plan(config, inputs): StagePlan {
    requireUsed(config, PROBE.stage);
    if (readsFeatures(inputs, { ...PROBE, config })) return { facts: {} };
    const { encoder } = inputOf(inputs, 'encoder').plan;
    const given = plannedDatasets(inputs);
    // Where a stage before has a mistake, nobody knows what it would write.
    if (!given.length) return { facts: { datasets: config.datasets?.join(', ') ?? 'all' } };
    const names: string[] = [];
    checkAll(
      datasetChoices(given, config).map((choose) => () => {
        const { name, shape } = choose();
        if (shape === null && encoder) requireColour(name, encoder.inputShape);
        names.push(name);
      }),
    );
    return { facts: { datasets: names.join(', ') } };
  },
  async run(context) {
    // DVC by hand asks for no plan.
    requireUsed(context.config, PROBE.stage);
    readsFeatures(context.inputs, { ...PROBE, config: context.config });
    return (await import('./transfer.ts')).transfer(context);
  },
});
