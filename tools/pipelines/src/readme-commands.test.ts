import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPipeline } from './definition/pipeline.ts';
import { expand } from './definition/tasks.ts';
import { findRoot, openWorkspace } from './definition/workspace.ts';

const ours = findRoot(import.meta.dirname);
const workspace = openWorkspace(ours);
const readmes = ['README.md', 'pipelines/quickstart/README.md'];

/** The commands of DVC that a README shows, in code or in a sentence. `dvc repro` trains, and is tested with toy stages. */
function dvcCommands(readme: string): string[] {
  const text = readFileSync(join(ours, readme), 'utf8');
  const found = [...text.matchAll(/(?:^|`)(dvc [^`#\n]+)/gm)].map((match) => match[1]!.trim());
  return found.filter((command) => command !== 'dvc repro');
}

// All pipelines with results, but without data: what these commands read.
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'readme-'));
  for (const path of ['pipelines', '.dvc/config', '.dvcignore', 'configs', 'package-lock.json'])
    cpSync(join(ours, path), join(dir, path), { recursive: true, filter: (from) => !/\/out$/.test(from) });
  writeFileSync(join(dir, '.dvc/config.local'), '[core]\n    no_scm = true\n');
  const metrics = { contrast_loss: 4.183456789, contrast_acc: 0.2812345678, knn_top_1_accuracy: 0.8123456789 };
  for (const pipeline of ['quickstart', 'cifar10'])
    for (const { out } of expand(loadPipeline(workspace, pipeline))) {
      mkdirSync(join(dir, out), { recursive: true });
      writeFileSync(join(dir, out, 'metrics.json'), JSON.stringify(metrics));
    }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('finds the commands', () => {
  expect(readmes.map((readme) => dvcCommands(readme).length)).toEqual([2, 2]);
});

describe.each([...new Set(readmes.flatMap(dvcCommands))])('%s', { timeout: 240_000 }, (command) => {
  it('shows this pipeline alone, on a page', () => {
    const [, ...args] = command.split(' ');
    const cwd = join(dir, 'pipelines/quickstart');
    const said = execFileSync(join(ours, '.venv/bin/dvc'), args, { cwd, encoding: 'utf8' });
    const lines = said.trimEnd().split('\n');
    expect(said).toContain('pretrain');
    expect(said).not.toMatch(/\.\.\/|study|cifar10|imagenet/);
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});
