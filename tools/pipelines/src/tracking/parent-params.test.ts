import { describe, expect, it } from 'vitest';
import { loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import { findRoot, openWorkspace } from '../definition/workspace.ts';
import { mergeItems, paramsDigest, parentParams } from './parent-params.ts';

const workspace = openWorkspace(findRoot(import.meta.dirname));
async function paramsOf(name: string, change: (config: Record<string, Record<string, unknown>>) => void = () => {}) {
  const pipeline = loadPipeline(workspace, name);
  const config = loadConfigFile(workspace.root, pipeline);
  change(config as never);
  return parentParams({ workspace, pipeline, tasks: expand(pipeline) }, config);
}

describe('the params of a parent run', () => {
  it('are the configs of all stages, defaults filled in', async () => {
    const params = await paramsOf('quickstart');
    expect(params).toMatchObject({ seed: expect.any(Number), 'pretrain.optimizer.name': expect.any(String) });
    const sections = new Set(Object.keys(params).map((key) => key.split('.')[0]));
    expect([...sections].sort()).toEqual([
      'augment',
      'features',
      'ingest',
      'linearEval',
      'pretrain',
      'report',
      'seed',
      'transfer',
    ]);
    // Not in the file: a default.
    expect(params).toHaveProperty(['linearEval.labelFractions']);
  });

  it('differ in just the keys that were changed', async () => {
    const before = await paramsOf('quickstart');
    const after = await paramsOf('quickstart', ({ pretrain, linearEval }) => {
      pretrain!.epochs = 3;
      linearEval!.l2s = [0.5];
    });
    const differ = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
    expect(differ).toEqual(['pretrain.epochs', 'linearEval.l2s']);
    expect(paramsDigest(after)).not.toBe(paramsDigest(before));
    expect(paramsDigest(Object.fromEntries(Object.entries(before).reverse()))).toBe(paramsDigest(before));
  });

  it('have a list where the items of a matrix differ, and fit into MLflow', async () => {
    expect(
      mergeItems([
        { a: 1, b: 'x', d: ['digits'] },
        { a: 1, b: 'y', d: ['digits'] },
        { a: 1, b: 'x', c: true, d: ['cifar10'] },
      ]),
    ).toEqual({
      a: 1,
      b: '["x","y"]',
      c: true,
      d: '[["digits"],["cifar10"]]',
    });
    const params = await paramsOf('study-temperature');
    const lists = Object.entries(params).filter(([, value]) => String(value).startsWith('['));
    expect(lists.map(([key]) => key)).toContain('pretrain.objective.temperature');
    for (const [key, value] of Object.entries(params)) {
      expect(key).toMatch(/^[\w./ :-]{1,250}$/);
      expect(String(value).length).toBeLessThanOrEqual(6000);
    }
  });
});
