import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRun } from './run-record.ts';
import { readJson } from './task-folder.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'task-folder-'));
  path = join(dir, 'run.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

const whole = JSON.stringify({ key: 'k', stage: 's', pipeline: 'p', inputs: {}, metrics: {} });

describe('readJson', () => {
  it('reads a file of ours, and nothing where there is none', () => {
    expect(readRun(path)).toBeUndefined();
    writeFileSync(path, whole);
    expect(readRun(path)).toEqual(JSON.parse(whole));
    const older = { key: 'k', stage: 's', pipeline: 'p', inputs: {} };
    writeFileSync(path, JSON.stringify(older));
    expect(readRun(path)).toEqual(older);
  });

  it.each([
    ['empty', ''],
    ['cut off', whole.slice(0, 20)],
    ['in conflict', `<<<<<<< HEAD\n${whole}\n=======\n${whole}\n>>>>>>> other\n`],
    ['without a key', '{"key": "k"}'],
    ['null', 'null'],
    ['a number', '3'],
    ['a list', '[]'],
  ])('tells a damaged one in one line: %s', (_, text) => {
    writeFileSync(path, text);
    const told = new UserError(`damaged file: ${path}. remove it and run again`);
    expect(readRun(path)).toBeUndefined();
    expect(() => readJson<{ key: string; inputs: object }>(path, 'key', 'inputs')).toThrow(told);
  });
});
