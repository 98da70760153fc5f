import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openModules } from './modules.ts';

let root: string;
const memory = () => join(root, '.cache/code.json');
const source = (text: string) => {
  writeFileSync(join(root, 'x.ts'), text);
  utimesSync(join(root, 'x.ts'), 1000, 1000);
};
const identity = () => {
  const modules = openModules(root);
  const found = modules.read('x.ts')?.identity;
  modules.save();
  return found;
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'modules-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('remembers what a file was parsed to, and sees every change, of the same size and time too', () => {
  source('export const x = 1;');
  const first = identity();
  expect(identity()).toBe(first);
  expect(JSON.parse(readFileSync(memory(), 'utf8')).files['x.ts'].module.identity).toBe(first);
  source('export const x = 2;');
  const second = identity();
  expect(second).not.toBe(first);
  source('export const x = 1;');
  expect(identity()).toBe(first);
  rmSync(join(root, 'x.ts'));
  expect(identity()).toBeUndefined();
});

it.each([
  ['damaged', '{'],
  ['of another parser', '{ "version": "0", "files": { "x.ts": { "stamp": "", "hash": "" } } }'],
])('does without a memory that is %s', (_what, text) => {
  source('export const x = 1;');
  mkdirSync(join(root, '.cache'));
  writeFileSync(memory(), text);
  expect(identity()).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(readFileSync(memory(), 'utf8')).files['x.ts'].hash).toHaveLength(64);
});

it('names a file that does not parse', () => {
  source('export const = 1;');
  expect(identity).toThrow(/^invalid module: x\.ts\. .*correct it$/);
});
