import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextTags } from './context.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'context-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const git = (...args: string[]) => {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  return execFileSync('git', [...identity, ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
};
const tags = (env = {}) => contextTags({ cwd: dir, env });

describe('contextTags', () => {
  it('names user and script, and nothing of git outside of a repository', () => {
    expect(tags()).toEqual({
      'mlflow.user': userInfo().username,
      'mlflow.source.name': process.argv[1],
      'mlflow.source.type': 'LOCAL',
    });
    expect(tags({ MLFLOW_TRACKING_USERNAME: 'ann' })['mlflow.user']).toBe('ann');
  });

  it('names commit, branch, state and origin without its credentials', () => {
    git('init', '-b', 'main');
    expect(tags()).not.toHaveProperty('mlflow.source.git.commit');
    git('commit', '--allow-empty', '-m', 'x');
    git('remote', 'add', 'origin', 'https://ann:secret@host/x.git');
    const clean = {
      'mlflow.source.git.commit': git('rev-parse', 'HEAD'),
      'mlflow.source.git.branch': 'main',
      'mlflow.source.git.dirty': 'false',
      'mlflow.source.git.repoURL': 'https://host/x.git',
    };
    expect(tags()).toMatchObject(clean);
    writeFileSync(join(dir, 'new'), '');
    git('checkout', '--detach');
    expect(tags()['mlflow.source.git.dirty']).toBe('true');
    expect(tags()).not.toHaveProperty('mlflow.source.git.branch');
  });

  it('is overridden by MLFLOW_RUN_CONTEXT', () => {
    expect(tags({ MLFLOW_RUN_CONTEXT: '{"mlflow.user":"ci","job":"7"}' })).toMatchObject({
      'mlflow.user': 'ci',
      job: '7',
    });
    expect(() => tags({ MLFLOW_RUN_CONTEXT: 'x' })).toThrow('invalid MLFLOW_RUN_CONTEXT: x');
  });
});
