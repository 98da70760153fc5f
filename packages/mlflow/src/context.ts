import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/**
 * The tags that Python's client gives every run: who, which script, which commit. `cwd` is where to look for the git
 * repository (default: the script's folder). MLFLOW_RUN_CONTEXT, a JSON object of tags, overrides them.
 */
export function contextTags(params: { cwd?: string; env?: Record<string, string | undefined> } = {}) {
  const { env = process.env } = params;
  const script = process.argv[1];
  const tags: Record<string, string> = {
    'mlflow.user': env.MLFLOW_TRACKING_USERNAME || userName(),
    'mlflow.source.name': script ?? '<console>',
    'mlflow.source.type': 'LOCAL',
    ...gitTags(params.cwd ?? (script ? dirname(script) : process.cwd())),
  };
  return env.MLFLOW_RUN_CONTEXT ? { ...tags, ...parseContext(env.MLFLOW_RUN_CONTEXT) } : tags;
}

function gitTags(cwd: string): Record<string, string> {
  const [commit, branch] = git(cwd, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD')?.split('\n') ?? [];
  if (!commit) return {};
  const remote = git(cwd, 'remote')?.split('\n')[0];
  const url = remote && git(cwd, 'remote', 'get-url', remote);
  return {
    'mlflow.source.git.commit': commit,
    // A detached HEAD has no branch.
    ...(branch && branch !== 'HEAD' ? { 'mlflow.source.git.branch': branch } : {}),
    'mlflow.source.git.dirty': String(git(cwd, 'status', '--porcelain') !== ''),
    ...(url ? { 'mlflow.source.git.repoURL': url.replace(/^(\w[\w+.-]*:\/\/)[^/]*@/, '$1') } : {}),
  };
}

/** The output of a git command, or undefined: no git, no repository, no commit. */
function git(cwd: string, ...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a user id without an entry in the password file, as in some containers
  }
}

function parseContext(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    throw new Error(`invalid MLFLOW_RUN_CONTEXT: ${text}. allowed: a JSON object of tags`);
  }
}
