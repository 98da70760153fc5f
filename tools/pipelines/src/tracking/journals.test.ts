import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openJournal } from '@simclr/mlflow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { allJournals, endLeft, pipelineJournals } from './journals.ts';

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

it('runs that a kill left open are ended, as of their last line; those that had ended, and the one that goes on, are not', () => {
  const out = join(root, 'pipelines/one/out');
  const open = (dir: string) =>
    openJournal(join(out, dir), { key: basename(dir), experiment: 'e', runName: 'r', tags: {} });
  const last = (dir: string) =>
    readFileSync(join(out, dir, 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .slice(-2)
      .join();
  for (const dir of ['.runs/p1', '.runs/p2', 'train/mlflow/k1']) open(dir).metrics({ loss: 1 }, 0);
  open('each/a/mlflow/k3').params({ long: 'x'.repeat(3000) });
  open('train/mlflow/k2').end('FINISHED');
  const finished = last('train/mlflow/k2');
  endLeft(root, 'one', ['p2']);
  for (const dir of ['.runs/p1', 'train/mlflow/k1', 'each/a/mlflow/k3']) expect(last(dir)).toContain('"KILLED"');
  expect(last('.runs/p2')).not.toContain('end');
  expect(last('train/mlflow/k2')).toBe(finished);
  const ended = last('.runs/p1');
  endLeft(root, 'one', ['p2']);
  expect(last('.runs/p1')).toBe(ended);
});
