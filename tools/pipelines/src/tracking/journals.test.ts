import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allJournals, pipelineJournals } from './journals.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'journals-'));
  for (const name of ['one', 'two']) {
    for (const run of ['.runs/p1', '.runs/p2', 'train/mlflow/k1', 'train/mlflow/k2', 'each/a/mlflow/k3']) {
      mkdirSync(join(root, 'pipelines', name, 'out', run), { recursive: true });
      writeFileSync(join(root, 'pipelines', name, 'out', run, 'journal.jsonl'), '');
    }
    writeFileSync(join(root, 'pipelines', name, 'pipeline.yaml'), '');
    mkdirSync(join(root, 'pipelines', name, 'out/train/mlflow/empty'));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

it('the journals of a pipeline are its parents and its stages’, of earlier runs too; a sync has those of all', () => {
  const of = (name: string) =>
    ['.runs/p1', '.runs/p2', 'each/a/mlflow/k3', 'train/mlflow/k1', 'train/mlflow/k2'].map((run) =>
      join(root, 'pipelines', name, 'out', run),
    );
  expect(pipelineJournals(root, 'one').slice(0, 2).sort()).toEqual(of('one').slice(0, 2));
  expect(pipelineJournals(root, 'one').sort()).toEqual(of('one'));
  expect(allJournals(root).sort()).toEqual([...of('one'), ...of('two')]);
});
