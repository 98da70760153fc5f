import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readArguments, usage } from './arguments.ts';
import { findRoot } from './definition/workspace.ts';

describe('readArguments', () => {
  it('reads stages and those to be made anew', () => {
    const none = { names: ['p'], force: [], from: [], check: false, register: false, json: false };
    expect(readArguments(['run', 'p'])).toEqual({ ...none, command: 'run' });
    expect(readArguments(['run', 'p', '--force', 'a', 'b', 'c@1', '--force=d'])).toEqual({
      command: 'run',
      names: ['p', 'b', 'c@1'],
      ...{ force: ['a', 'd'], from: [], check: false, register: false, json: false },
    });
    expect(readArguments(['run', 'p', '--from', 'b', '--jobs', '3'])).toMatchObject({ from: ['b'], jobs: 3 });
    expect(() => readArguments(['run', 'p', '--jobs', '0'])).toThrow('invalid number: --jobs 0. expected 1 or more');
    expect(readArguments(['sync', '--check']).check).toBe(true);
    expect(readArguments(['run', 'p', '--json', '--register'])).toMatchObject({ register: true, json: true });
  });

  it.each([
    [[], 'unknown command: none. '],
    [['rnu'], 'unknown command: rnu. '],
    [['toString'], 'unknown command: toString. '],
    [['run'], 'missing pipeline. '],
    [['run', 'p', '--froce', 'a'], "unknown option '--froce'. "],
    [['run', 'p', '--force'], "option '--force <value>' argument missing. "],
    [['run', 'p', '--force='], 'missing stage: --force. '],
    [['dry-run', 'p', '--force', 'a'], "unknown option '--force'. "],
    [['sync', 'p'], 'unknown argument: p. '],
    [['sync', '--check=1'], "option '--check' does not take an argument. "],
    [['mlflow'], 'missing start|stop|sync. '],
    [['mlflow', 'sotp'], 'unknown argument: sotp. must be one of: start, stop, sync'],
    [['mlflow', 'stop', 'now'], 'unknown argument: now. '],
    [['exec', 'p', 'a', 'b'], 'unknown argument: b. '],
  ])('%j is an error in one line', (args, message) => {
    const read = () => readArguments(args);
    expect(read).toThrow(expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }));
    expect(read).toThrow(/^.+$/);
  });
});

/* Messages name the next command. Each has to be one that is there, and takes what it is given. */
describe('commands in messages', () => {
  const root = findRoot(import.meta.dirname);
  const sources = ['packages', 'tools'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\/src\/.*\.m?ts$|\/src\/.*\.mjs$/.test(file) && !/\.test\.|node_modules|testdata/.test(file))
      .map((file) => `${folder}/${file}`),
  );
  const scripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as Record<string, string>;
  // A value in a template may be anything: here it is a word.
  const found = sources.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .replaceAll(/\$\{[^{}]*\}/g, 'word')
      .split('\n')
      .filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line))
      .map((line) => ({ file, line })),
  );
  const commands = found.flatMap(({ file, line }) =>
    [...line.matchAll(/\b(npm run|npx|npm install)\b[^`'"\\;,)(]*/g)].map(([text]) => ({ file, text: text.trim() })),
  );

  it('are found', () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  it.each(commands)('$file: $text', ({ text }) => {
    const [tool, ...words] = text
      .replace(/^npm run/, 'npm-run')
      .replace(/\. .*|\.$/, '')
      .split(/\s+/);
    if (tool === 'npx') expect(['sync', 'sync:check']).toContain(words[1]);
    if (tool !== 'npm-run') return;
    expect(Object.keys(scripts)).toContain(words[0]);
    if (words[0] !== 'pipeline') return;
    expect(words[1]).toBe('--');
    // What follows a command in a sentence.
    const until = words.findIndex((word) => ['makes', 'sends', 'and', 'tells'].includes(word));
    const args = words.slice(2, until < 0 ? undefined : until).map((word) => word.replace(/^<\w+>$/, 'word'));
    expect(() => readArguments(args.length > 1 ? args : [...args, 'word'])).not.toThrow();
  });

  it('are whole: no message tells to run a stage without saying how', () => {
    const vague = found.filter(({ line }) => /run (the )?stage|\bdry-run word\b|\brun word\b/.test(line));
    expect(vague.filter(({ line }) => !/npm run pipeline -- (dry-)?run/.test(line))).toEqual([]);
  });

  it('the usage has every command that is for people', () => {
    for (const part of usage.replace('usage: ', '').split(' | ')) {
      const words = part.replaceAll(/[[\]<>…]/g, '').split(' ');
      const args = words.map((word) => word.split('|')[0]!);
      expect(() => readArguments(args)).not.toThrow();
    }
  });
});
