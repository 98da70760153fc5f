import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { findRoot } from '../definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from './toy-workspace.ts';

const PIPELINE = `name: toy
config: configs/toy.json
stages:
  ingest: { run: '@simclr/ingest', params: [ingest] }
  augment: { run: '@simclr/augment', params: [augment], needs: [ingest] }
  pretrain: { run: '@simclr/pretrain', params: [pretrain], needs: [ingest, augment] }
`;

/**
 * A workspace as `toyWorkspace` makes it, but with our stages: they pretrain a small network on 24 pictures, a step of
 * some milliseconds.
 *
 * @param pretrain changes to the config of the stage
 */
export async function realWorkspace(pretrain: object): Promise<ToyWorkspace> {
  const toy = toyWorkspace([], PIPELINE, {});
  copyPackages(toy.root);
  const photos = join(toy.root, 'photos');
  for (const [label, name] of ['light', 'dark'].entries()) {
    mkdirSync(join(photos, name), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const pixels = Buffer.from(
        Array.from({ length: 16 * 16 * 3 }, (_, at) => 120 * label + ((at * (7 * i + 11)) % 97)),
      );
      const image = sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } });
      await image.toFile(join(photos, name, `${i}.png`));
    }
  }
  toy.write('configs/toy.json', {
    seed: 1,
    ingest: { datasets: [{ name: 'photos', folder: photos, size: 16, testFraction: 0.25 }] },
    augment: { dataset: 'photos', policy: 'crop|flip', preview: 2 },
    pretrain: {
      dataset: 'photos',
      network: { depth: 10, width: 4 },
      optimizer: { name: 'sgd' },
      learningRate: { base: 0.1, warmupEpochs: 0 },
      batch: 8,
      monitor: { everyEpochs: 100, k: 3 },
      checkpointSeconds: 1,
      ...pretrain,
    },
  });
  return toy;
}

/** Puts a copy of our packages into a workspace, so that a test can edit them. */
export function copyPackages(root: string): void {
  const ours = findRoot(import.meta.dirname);
  for (const name of readdirSync(join(ours, 'packages'))) {
    const [from, to] = [ours, root].map((one) => join(one, 'packages', name)) as [string, string];
    if (!existsSync(join(from, 'package.json'))) continue;
    const filter = (path: string) => !/\.test\.ts$|\/testdata$|\/node_modules$/.test(path);
    cpSync(from, to, { recursive: true, filter });
    if (existsSync(join(from, 'node_modules'))) symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  }
}

/** Processes that have an environment variable, as Linux tells them: those that a test started, however they are related. */
export function processesWith(variable: string, value: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
        if (!environment.includes(`${variable}=${value}`)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // It has ended, or is not ours.
      }
    });
}
