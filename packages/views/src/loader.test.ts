import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { BatchOrder } from './batch-order.ts';
import { type LoaderOptions, startViewLoader } from './loader.ts';

const rows = 20;
const images = {
  data: Uint8Array.from({ length: rows * 36 }, (_, i) => (i * 101) % 256),
  shape: [6, 6, 1] as const,
  rows,
};
const options: LoaderOptions = {
  images,
  policy: 'crop|flip|jitter(0.5)',
  seed: 5,
  batch: 6,
  totalSteps: 8,
  workers: 0,
};

async function batches(
  overrides: Partial<LoaderOptions>,
  steps: number[],
): Promise<{ views: number[]; images: number[] }[]> {
  const loader = startViewLoader({ ...options, ...overrides });
  try {
    const result: { views: number[]; images: number[] }[] = [];
    for (const step of steps) {
      const batch = await loader.next(step);
      result.push({ views: [...batch.views], images: [...batch.images] });
    }
    return result;
  } finally {
    await loader.close();
  }
}

const all = [0, 1, 2, 3, 4, 5, 6, 7];

describe('the view loader', () => {
  it('gives the same batches with any number of workers', async () => {
    const expected = await batches({ workers: 0 }, all);
    for (const workers of [1, 2, 3]) expect(await batches({ workers }, all)).toEqual(expected);
    expect(await batches({ seed: 6 }, [0])).not.toEqual(expected.slice(0, 1));
  });

  it.each([1, 2, 3, 6])('gives %i ranks their shares, which together are the batch of one process', async (ranks) => {
    // 20 rows: a batch of 6 runs over the border of two epochs.
    const expected = await batches({}, all);
    const shares = await Promise.all(
      Array.from({ length: ranks }, (_, rank) => batches({ share: { rank, ranks }, workers: rank % 3 }, all)),
    );
    all.forEach((step) => {
      const of = shares.map((steps) => steps[step]!);
      expect(of.flatMap((share) => share.images)).toEqual(expected[step]!.images);
      const views = [0, 1].flatMap((view) =>
        of.flatMap((share) =>
          share.views.slice((view * share.views.length) / 2, ((view + 1) * share.views.length) / 2),
        ),
      );
      expect(views).toEqual(expected[step]!.views);
    });
  });

  it('refuses ranks that do not divide the batch', () => {
    expect(() => startViewLoader({ ...options, share: { rank: 0, ranks: 4 } })).toThrow(
      'invalid ranks: 4. expected a divisor of the batch of 6',
    );
  });

  it.each([0, 2])('goes on at any step as if it had run from the start (%d workers)', async (workers) => {
    const expected = await batches({ workers }, all);
    expect(await batches({ workers }, [5, 6, 7])).toEqual(expected.slice(5));
    expect(await batches({ workers }, [2, 3, 0, 1])).toEqual([2, 3, 0, 1].map((step) => expected[step]));
  });

  it('takes one view of each of some images: the pair’s first, of those alone', async () => {
    const chosen = Uint32Array.of(3, 4, 7, 9, 12, 13, 18);
    const only = { data: images.data, shape: images.shape, rows };
    const found = await batches({ images: only, rows: chosen, views: 1 }, all);
    const seen = found.flatMap((batch) => batch.images);
    for (const epoch of [0, 1, 2, 3])
      expect(seen.slice(7 * epoch, 7 * epoch + 7).sort((a, b) => a - b)).toEqual([...chosen]);
    const pairs = await batches({ rows: chosen }, all);
    found.forEach(({ views, images }, step) => {
      expect(images).toEqual(pairs[step]!.images);
      expect(views).toEqual(pairs[step]!.views.slice(0, 6 * 36));
    });
  });

  it('gives two different views of each image, in [0, 1]', async () => {
    const [{ views } = { views: [] }] = await batches({}, [0]);
    expect(views.slice(0, 36)).not.toEqual(views.slice(6 * 36, 7 * 36));
    for (const v of views) expect(v >= 0 && v <= 1).toBe(true);
  });

  it('tells of a worker that failed instead of waiting for ever', async () => {
    const loader = startViewLoader({
      ...options,
      workers: 2,
      // A height that no buffer of the resizer can have.
      images: { ...images, shape: [2 ** 60, 6, 1] as const },
      policy: 'crop(to=6)',
    });
    await expect(loader.next(0)).rejects.toThrow(/Invalid typed array length/);
    await loader.close();
  });

  it('refuses a wrong policy at once, with or without workers', () => {
    const oblong = { ...images, shape: [4, 9, 1] as const };
    for (const workers of [0, 2]) {
      expect(() => startViewLoader({ ...options, workers, policy: 'nonsense' })).toThrow(UserError);
      expect(() => startViewLoader({ ...options, workers, images: oblong, policy: 'rotate' })).toThrow(UserError);
    }
  });

  it('makes views of another size', async () => {
    const [small] = await batches({ policy: 'crop(to=4)|flip' }, [0]);
    expect(small!.views.length).toBe(2 * 6 * 16);
    expect(await batches({ policy: 'crop(to=4)|flip', workers: 2 }, [0])).toEqual([small]);
  });
});

describe('BatchOrder', () => {
  it('shows every image once an epoch, whatever the batch size, in another order each epoch', () => {
    for (const batch of [1, 6, 20, 33]) {
      const order = new BatchOrder(rows, batch, 1);
      const [ids, epochs] = [new Uint32Array(batch), new Uint32Array(batch)];
      const seen = new Map<number, number[]>();
      for (let step = 0; step * batch < 3 * rows; step++) {
        order.fill(step, ids, epochs);
        ids.forEach((image, i) => void seen.set(epochs[i]!, [...(seen.get(epochs[i]!) ?? []), image]));
      }
      const whole = [0, 1, 2].map((epoch) => seen.get(epoch)!);
      for (const epoch of whole)
        expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
      expect(whole[0]).not.toEqual(whole[1]);
    }
  });
});
