import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '@simclr/mlflow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stageLog } from './stage-log.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stage-log-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A log on the journal of the same run, and what it prints. */
function open() {
  const said: string[] = [];
  const journal = openJournal(dir, { key: 'k', experiment: 'e', runName: 'a', tags: {} });
  const console = { write: (text: string) => void said.push(text), isTTY: false, columns: 80 };
  return { said, journal, log: stageLog('a', journal, console) };
}

it('says on what other machine a run is resumed, and keeps the last one as tags', () => {
  const first = open();
  first.log.machine({ cpu: 'x', cores: 2 });
  expect(first.said).toEqual([]);
  const same = open();
  same.log.machine({ cpu: 'x', cores: 2 });
  expect(same.said).toEqual([]);
  const other = open();
  other.log.machine({ cpu: 'x', cores: 4 });
  expect(other.said).toEqual([
    'a: resumes on another machine: machine.cores 2 → 4. results are those of an undisturbed run within rounding\n',
  ]);
  expect(other.journal.tag('machine.cores')).toBe('4');
});

it('goes on where a param differs from before, and says which value MLflow keeps', () => {
  open().log.params({ lr: 0.1 });
  const resumed = open();
  resumed.log.params({ lr: 0.2, depth: 18 });
  expect(resumed.said).toEqual([
    'a: warning: the param lr stays 0.1 in MLflow, where this run was begun; now it is 0.2\n',
  ]);
});
