import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDatasetInfo } from '@simclr/artifacts';
import { closeEncoded, loadEncoded, readImage } from '@simclr/shards';
import { memoryLog, parseConfig } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import stage from '../stage.ts';

/** All of Caltech-101, packed anew: no clone has it. */
const DATA = fileURLToPath(new URL('../../../../../shared/data', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caltech-'));
  vi.stubEnv('SIMCLR_ARCHIVES', DATA);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

describe.skipIf(!existsSync(join(DATA, 'caltech-101.zip')))(
  'all of Caltech-101 (skipped without ../shared/data)',
  () => {
    it('9,144 images of 102 classes, 411 of them grey, read within its archive in less than 1 GB', async () => {
      const log = memoryLog();
      const wanted = [{ name: 'caltech101', repacked: true }];
      const config = parseConfig(stage.config, { datasets: wanted }, 'ingest', 'configs/test.json');
      const { signal } = new AbortController();
      const before = process.memoryUsage.rss();
      let peak = 0;
      const timer = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, 20);
      await stage.run({ config, inputs: {}, out: dir, work: join(dir, 'work'), log, seed: 0, signal });
      clearInterval(timer);
      console.log(`peak memory: ${Math.round(peak / 1e6)} MB, ${Math.round(before / 1e6)} MB before`);
      expect(peak).toBeLessThan(1e9);
      // Nothing was unpacked.
      expect(readdirSync(dir)).toEqual(['caltech101']);
      const { splits, classes } = readDatasetInfo(join(dir, 'caltech101'));
      expect([classes, splits.train.rows, splits.test.rows]).toEqual([102, 3060, 6084]);
      expect(log.logged.info[0]).toMatch(/packed anew, sha256 \w+ is not the published 33123475/);
      let grey = 0;
      const perClass = new Map<number, number>();
      for (const split of ['train', 'test']) {
        const images = loadEncoded(join(dir, 'caltech101', split));
        for (const [row, label] of images.labels.entries()) {
          if (split === 'train') perClass.set(label, (perClass.get(label) ?? 0) + 1);
          const { channels } = await sharp(readImage(images, row)).metadata();
          if (channels === 1) grey++;
        }
        closeEncoded(images);
      }
      expect(new Set(perClass.values())).toEqual(new Set([30]));
      expect(grey).toBe(411);
    }, 600_000);
  },
);
