import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkspace } from '../definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { readLogs } from './logs.ts';

const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/a', params: [b], matrix: { value: [1, 2] } }
`;

let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a'], PIPELINE, { seed: 0, a: {}, b: {} });
});
afterEach(() => toy.remove());

describe('readLogs', () => {
  it('gives what a stage said, and all of its items', () => {
    toy.write('pipelines/toy/out/b/1/log.txt', 'b@1: starts\n');
    toy.write('pipelines/toy/out/b/2/log.txt', 'b@2: starts\nb@2: failed: Error: asked to fail\n');
    const logs = (stage: string) => readLogs(openWorkspace(toy.root), 'toy', stage);
    expect(logs('b@1')).toBe('b@1: starts\n');
    expect(logs('b')).toBe('b@1: starts\nb@2: starts\nb@2: failed: Error: asked to fail\n');
    expect(() => logs('a')).toThrow('no log: a never ran here. run npm run pipeline -- run toy a');
    expect(() => logs('c')).toThrow('unknown stage: c. must be one of: ');
  });
});
