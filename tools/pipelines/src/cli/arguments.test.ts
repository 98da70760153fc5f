import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { readArguments } from './arguments.ts';
import { commandNames, commandOf } from './commands.ts';

describe('readArguments', () => {
  const command = (command: string, names: string[] = [], options = {}) => ({
    kind: 'command',
    command,
    names,
    options,
  });

  it('reads names and options, in any order', () => {
    expect(readArguments(['run', 'p'])).toEqual(command('run', ['p']));
    expect(readArguments(['run', 'p', '--force', 'a', 'b', 'c@1', '--force=d'])).toEqual(
      command('run', ['p', 'b', 'c@1'], { force: ['a', 'd'] }),
    );
    expect(readArguments(['run', 'p', '--from', 'b', '--jobs', '3'])).toEqual(
      command('run', ['p'], { from: ['b'], jobs: 3 }),
    );
    expect(readArguments(['run', '--json', 'p', '--register'])).toEqual(
      command('run', ['p'], { json: true, register: true }),
    );
    expect(readArguments(['sync', '--check'])).toEqual(command('sync', [], { check: true }));
    expect(readArguments(['accept', 'p', 'a', '--reason', ' why '])).toEqual(
      command('accept', ['p', 'a'], { reason: 'why' }),
    );
  });

  it('leaves to other tools what is theirs', () => {
    expect(readArguments(['doctor', 'dtd', '--json'])).toEqual({
      kind: 'tool',
      folder: 'datasets',
      args: ['check', 'dtd', '--json'],
    });
    expect(readArguments(['evaluate', '--encoder', 'e.onnx'])).toMatchObject({ args: ['--encoder', 'e.onnx'] });
  });

  it('asks for help', () => {
    expect(readArguments(['--help'])).toEqual({ kind: 'help' });
    expect(readArguments(['help', 'run'])).toEqual({ kind: 'help', command: 'run' });
    expect(readArguments(['run', 'p', '-h'])).toEqual({ kind: 'help', command: 'run' });
    expect(readArguments(['doctor', '--help'])).toEqual({ kind: 'help', command: 'doctor' });
  });

  it.each([
    [[], 'missing command. npx simclr --help'],
    [['rnu'], 'unknown command: rnu. nearest: run. npx simclr --help lists all'],
    [['toString'], 'unknown command: toString. npx simclr --help lists all'],
    [['help', 'dryrun'], 'unknown command: dryrun. nearest: dry-run. '],
    [['run'], 'missing pipeline. usage: run <pipeline> [stage…]'],
    [['run', 'p', '--froce', 'a'], 'unknown option: --froce of run. nearest: --force. usage: '],
    [['run', 'p', '-x'], 'unknown option: -x of run. usage: '],
    [['run', 'p', '--force'], 'missing stage: --force. usage: '],
    [['run', 'p', '--force='], 'missing stage: --force. '],
    [['run', 'p', '--force', '--json'], 'missing stage: --force. '],
    [['run', 'p', '--jobs', '0'], 'invalid number: --jobs 0. expected 1 or more'],
    [['dry-run', 'p', '--force', 'a'], 'unknown option: --force of dry-run. '],
    [['sync', 'p'], 'unknown argument: p. '],
    [['sync', '--check=1'], 'unknown value: --check=1. nothing follows --check. '],
    [['accept', 'p', 'a'], 'missing text: --reason. '],
    [['mlflow'], 'missing start|stop|sync. '],
    [['mlflow', 'sotp'], 'unknown argument: sotp. must be one of: start, stop, sync'],
    [['mlflow', 'stop', 'now'], 'unknown argument: now. '],
    [['exec', 'p', 'a', 'b'], 'unknown argument: b. '],
  ])('%j is an error in one line', (args, message) => {
    const read = () => readArguments(args);
    expect(read).toThrow(expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }));
    expect(read).toThrow(/^.+$/);
  });

  it.each(commandNames)('takes the example of %s', (name) => {
    const { example } = commandOf(name)!;
    const words = example.replace(/ >>.*/, '').match(/'[^']*'|\S+/g)!;
    expect(words[0]).toBe(name);
    expect(readArguments(words.map((word) => word.replaceAll("'", '')))).not.toMatchObject({ kind: 'help' });
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
    const ours = tool === 'npx' && words[0] === 'simclr';
    if (tool === 'npx' && !ours) expect(['sync', 'sync:check']).toContain(words[1]);
    if (tool !== 'npm-run' && !ours) return;
    if (!ours) expect(Object.keys(scripts)).toContain(words[0]);
    if (words[0] !== 'pipeline' && !ours) return;
    if (!ours) expect(words[1]).toBe('--');
    const rest = words.slice(ours ? 1 : 2);
    // Of the help, and of the shells' functions.
    if (!rest.length || /^([<$:"]|word|--help)/.test(rest[0]!)) return;
    // What follows a command in a sentence.
    const until = rest.findIndex((word) => ['makes', 'sends', 'and', 'tells', 'lists', 'says', 'frees'].includes(word));
    const args = rest.slice(0, until < 0 ? undefined : until).map((word) => word.replace(/^<\w+>$/, 'word'));
    expect(() => readArguments(args.length > 1 ? args : [...args, 'word'])).not.toThrow();
  });

  it('are whole: no message tells to run a stage without saying how', () => {
    const vague = found.filter(({ line }) => /run (the )?stage|\bdry-run word\b|\brun word\b/.test(line));
    expect(vague.filter(({ line }) => !/npm run pipeline -- (dry-)?run/.test(line))).toEqual([]);
  });
});
