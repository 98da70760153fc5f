import { parseConfig, type StagePlan, soleInputs } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { PretrainConfig } from './config.ts';
import planPretrain from './plan.ts';

interface Before {
  dataset: StagePlan;
  views: StagePlan;
}

const before = (shape: readonly [number, number, number] | null, train?: number): Before => ({
  dataset: { facts: {}, datasets: { photos: { shape, train } } },
  views: { facts: {}, views: { dataset: 'photos', policy: 'crop|flip', shape: shape ?? [224, 224, 3] } },
});
const plan = (config: object, { dataset, views }: Before) =>
  planPretrain(
    parseConfig(PretrainConfig, { network: {}, ...config }, 'pretrain', 'c.json'),
    soleInputs({ dataset: { plan: dataset }, views: { plan: views } }),
  );

describe('planPretrain', () => {
  it("counts steps and rates as the reference does, and a step's size", () => {
    const { facts, missing } = plan({ epochs: 1000, batch: 512 }, before([32, 32, 3], 50_000));
    expect(facts).toMatchObject({
      images: 50_000,
      steps: 97_657,
      'peak learning rate': 2,
      'warmup steps': 976,
      network: 'ResNet-18, width 64, cifar stem',
      parameters: '11.17 M in the encoder, 0.3288 M in the head',
      'images in memory': '0.154 GB',
    });
    // Two views, forward and twice that backward, 0.56 G multiply-adds each; the matrix of similarities is small.
    expect((facts['GFLOP a step'] as number) / (512 * 2 * 6 * 0.56)).toBeCloseTo(1, 1);
    expect(missing).toBeUndefined();
  });

  it('counts no projection head where the labels are learnt', () => {
    const { facts } = plan({ objective: { kind: 'supervised' } }, before([32, 32, 3], 50_000));
    expect(facts.parameters).toBe('11.17 M in the encoder, a classifier');
  });

  it('what hangs on the number of images is unknown until there are some', () => {
    const { facts } = plan({}, before([32, 32, 3]));
    for (const name of ['images', 'steps', 'warmup steps']) expect(facts[name]).toBe('unknown until ingest');
    expect(facts['peak learning rate']).toBe(2);
  });

  it('says what encoder comes of it: of raw images at their size, of files at that of the views', () => {
    const network = (channels: number) => ({ depth: 18, width: 64, stem: 'cifar', channels });
    const [raw, files] = [before([32, 32, 1], 1000), before(null)].map((given) => plan({}, given).encoder);
    expect(raw).toEqual({ dataset: 'photos', inputShape: [32, 32, 1], network: network(1) });
    expect(files).toEqual({ dataset: 'photos', inputShape: [224, 224, 3], network: network(3) });
  });

  it('refuses what cannot be trained, all of it at once', () => {
    expect(() => plan({ batch: 300, views: 'device' }, before(null, 299))).toThrow(
      /^invalid views: .*\nbatch too large: pretrain\.batch is 300, and photos\/train has 299 images\. at most 299\. /,
    );
    expect(plan({ batch: 299 }, before([32, 32, 3], 299)).facts.batch).toBe(299);
  });

  it('has views of files in memory, and no images', () => {
    const { facts, missing } = plan({ batch: 4096, chunk: 256 }, before(null, 1_281_167));
    // Three batches of 4096 pairs at 224 px.
    expect(facts).toMatchObject({ images: 1_281_167, steps: 31_279, 'views in memory': '14.8 GB' });
    expect(facts['images in memory']).toBeUndefined();
    expect(missing).toBeUndefined();
  });

  it('counts what the loader holds for the engine that is to make the views', () => {
    const facts = (views: string, policy = 'crop|flip') => {
      const given = before([32, 32, 3], 50_000);
      const changed = { ...given.views, views: { ...given.views.views!, policy } };
      return plan({ batch: 1000, views }, { ...given, views: changed });
    };
    // Three batches of two views; two of an image and five numbers a view, noise being one for each value.
    expect(facts('workers').facts['views in memory']).toBe('0.0737 GB');
    expect(facts('device').facts['pixels and draws in memory']).toBe('0.0247 GB');
    expect(facts('device', 'crop|noise').facts['pixels and draws in memory']).toBe('0.0738 GB');
    const unknown = { ...before(null), dataset: { facts: {} } };
    expect(plan({ views: 'device' }, unknown).facts['pixels and draws in memory']).toBe('unknown until ingest');
    expect(() => plan({ views: 'device' }, before(null))).toThrow(
      'invalid views: device makes them of pixels, and photos keeps its files. expected pretrain.views = workers',
    );
  });

  it('takes the only dataset that there is, or the one that the config names', () => {
    const given = before([32, 32, 3]);
    const both = { ...given.dataset.datasets, others: { shape: [8, 8, 3] as const } };
    const several = { ...given, dataset: { facts: {}, datasets: both } };
    expect(plan({}, given).encoder?.dataset).toBe('photos');
    expect(plan({ dataset: 'photos' }, several).encoder?.inputShape).toEqual([32, 32, 3]);
    expect(() => plan({}, several)).toThrow(
      'no dataset chosen: pretrain.dataset. the stages before write: photos, others. name one in the config',
    );
  });

  it('refuses datasets that do not go together', () => {
    expect(() => plan({ dataset: 'fotos' }, before([32, 32, 3]))).toThrow(
      'unknown dataset: fotos. the stages before write: photos. correct pretrain.dataset in the config',
    );
    const given = before([32, 32, 3]);
    const views = { facts: {}, views: { ...given.views.views!, dataset: 'other' } };
    expect(() => plan({}, { ...given, views })).toThrow(
      'datasets differ: augment.dataset is other, pretrain.dataset photos. make them equal in the config',
    );
  });
});
