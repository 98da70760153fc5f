import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { setUnfinishedAside } from './unfinished.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'unfinished-'));
  file = join(dir, 'mlflow.db');
});
afterEach(() => rmSync(dir, { recursive: true }));

function make(...statements: string[]): void {
  const base = new DatabaseSync(file);
  for (const statement of statements) base.exec(statement);
  base.close();
}

it.each([
  ['an empty file', []],
  ['some tables', ['create table alembic_version (version_num text)', "insert into alembic_version values ('x')"]],
  ['all tables', ['create table experiments (id)', 'create table runs (id)']],
])('moves away what was not finished: %s', (_, statements) => {
  writeFileSync(file, '');
  make(...statements);
  expect(setUnfinishedAside(file)).toBe(true);
  expect(readdirSync(dir)).toEqual(['mlflow.db.unfinished']);
  expect(setUnfinishedAside(file)).toBe(false);
});

it('leaves one that has an experiment, and one that it cannot read', () => {
  make('create table experiments (id)', 'insert into experiments values (0)');
  expect(setUnfinishedAside(file)).toBe(false);
  writeFileSync(file, 'no data base, but longer than the sixteen bytes of its header');
  expect(setUnfinishedAside(file)).toBe(false);
  expect(readdirSync(dir)).toEqual(['mlflow.db']);
  expect(readFileSync(file, 'utf8')).toContain('no data base');
});
