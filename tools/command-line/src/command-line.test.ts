import { describe, expect, it } from 'vitest';
import type { Command } from './command.ts';
import { asksHelp, helpOf, npmRun } from './help.ts';
import { nearest } from './nearest.ts';
import { readCommand } from './read-command.ts';

const pack = {
  names: ['<folder>', '[file…]'],
  options: {
    size: { value: '<pixels>', says: 'of the images' },
    from: { value: '<folder>', many: true, says: 'where they are' },
    json: { says: 'for programs' },
  },
  says: 'pack a folder',
  example: 'pack a --size 3',
} as const satisfies Command;

const read = (...args: string[]) => readCommand(args, pack, { next: 'npm run pack -- --help' });

it('help says the call, what it does, each option in a line, and an example', () => {
  expect(helpOf('pack', pack)).toBe(`npm run pack -- <folder> [file…] [options]

  pack a folder

  --size <pixels>    of the images
  --from <folder> …  where they are
  --json             for programs

  npm run pack -- a --size 3
`);
  expect(npmRun('pack')).toBe('npm run pack --');
});

it.each([
  [['a', '--help'], true],
  [['-h'], true],
  [['--', '-h'], false],
  [['help'], false],
])('%j asks for help: %j', (words, asks) => {
  expect(asksHelp(words)).toBe(asks);
});

describe('readCommand', () => {
  it('reads names and options, in any order', () => {
    expect(read('--from', 'x', 'a', '--json', 'b', '--from=y', '--size', '3')).toEqual({
      names: ['a', 'b'],
      options: { from: ['x', 'y'], json: true, size: '3' },
    });
  });

  it.each([
    [[], 'missing folder'],
    [['a', '--sise', '3'], 'unknown option: --sise. nearest: --size'],
    [['a', '--zzz'], 'unknown option: --zzz'],
    [['a', '--size'], 'missing pixels: --size'],
    [['a', '--size', '--json'], 'missing pixels: --size'],
    [['a', '--json=1'], 'unknown value: --json=1. nothing follows --json'],
  ])('%j is an error in one line', (args, message) => {
    expect(() => read(...args)).toThrow(
      expect.objectContaining({ name: 'UserError', message: `${message}. npm run pack -- --help` }),
    );
  });

  it('refuses what is too much', () => {
    const one = { ...pack, names: ['<folder>'] };
    expect(() => readCommand(['a', 'b'], one, { next: 'x' })).toThrow('unknown argument: b. x');
  });
});

it.each([
  ['rnu', 'run'],
  ['dryrun', 'dry-run'],
  ['pretrain.epoch', 'pretrain.epochs'],
  ['zzz', undefined],
  ['', undefined],
])('nearest: %j is %j', (word, name) => {
  expect(nearest(word, ['run', 'dry-run', 'pretrain.epochs', 'pretrain.batch'])).toBe(name);
});
