import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keysText } from '../inputs/keys.ts';
import { toyWorkspace } from '../testing/toy-workspace.ts';
import { pipelineNames } from './pipeline.ts';
import { staleSchemas } from './schemas.ts';
import { findRoot, openWorkspace } from './workspace.ts';

const workspace = openWorkspace(findRoot(import.meta.dirname));

const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** Where a value is not what a schema of that workspace says. */
function mistakes(root: string, schema: string, value: unknown): string[] {
  const ajv = new Ajv2020({ allErrors: true, strict: false });
  const stages = readdirSync(join(root, 'configs/schemas/stages')).map((file) => `stages/${file}`);
  for (const path of stages) ajv.addSchema(JSON.parse(read(root, `configs/schemas/${path}`)), path);
  const validate = ajv.compile(JSON.parse(read(root, `configs/schemas/${schema}`)));
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, params }) =>
    [instancePath, params.additionalProperty ?? params.missingProperty ?? []].flat().join('/'),
  );
}

describe('the committed schemas', () => {
  it('are what sync writes', async () => {
    expect(await staleSchemas(workspace, false)).toEqual([]);
  });

  it.each(pipelineNames(workspace.root))('take the config and the pipeline.yaml of %s, which name them', (name) => {
    const yaml = read(workspace.root, `pipelines/${name}/pipeline.yaml`);
    const { config } = parse(yaml) as { config: string };
    const json = JSON.parse(read(workspace.root, config));
    expect(mistakes(workspace.root, `${name}.json`, json)).toEqual([]);
    expect(mistakes(workspace.root, 'pipeline.yaml.json', parse(yaml))).toEqual([]);
    expect(json.$schema).toBe(`./schemas/${name}.json`);
    expect(yaml).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/configs\/schemas\/pipeline\.yaml\.json$/m);
  });

  const quickstart = JSON.parse(read(workspace.root, 'configs/quickstart.json'));
  it.each<[string, object, string]>([
    ['an unknown section', { finetune: {} }, '/finetune'],
    ['a missing section', { augment: undefined }, '/augment'],
    ['an unknown key', { transfer: { ...quickstart.transfer, lambda: 1 } }, '/transfer/lambda'],
    ['a number out of range', { pretrain: { ...quickstart.pretrain, batch: 1 } }, '/pretrain/batch'],
    ['another word', { pretrain: { ...quickstart.pretrain, views: 'gpu' } }, '/pretrain/views'],
    ['a seed that is no integer', { seed: 0.5 }, '/seed'],
  ])('refuse %s', (_, change, where) => {
    const given = JSON.parse(JSON.stringify({ ...quickstart, ...change }));
    expect(mistakes(workspace.root, 'quickstart.json', given)).toContain(where);
  });
});

describe('a new pipeline', () => {
  const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], matrix: { rate.value: [1, 2] } }
  b: { run: '@toy/a', params: [b], needs: [a] }
`;
  const source = `import { defineStage, z } from '@simclr/stage';
const config = z.strictObject({ rate: z.strictObject({ value: z.number() }) });
export default defineStage({ name: 'toy', config, run: async () => ({ metrics: {} }) });
`;

  it('gets schemas, in which a key that its matrix gives is not required; $schema changes no key', async () => {
    const toy = toyWorkspace(['a'], yaml, { seed: 0, a: { rate: {} }, b: { rate: { value: 1 } } });
    try {
      toy.write('packages/a/src/stage.ts', source);
      const own = openWorkspace(toy.root);
      const written = ['pipeline.yaml.json', 'stages/a.json', 'toy.json'].map((file) => `configs/schemas/${file}`);
      expect((await staleSchemas(own, true)).sort()).toEqual(written);
      expect(await staleSchemas(own, false)).toEqual([]);
      const config = JSON.parse(read(toy.root, 'configs/toy.json'));
      expect(mistakes(toy.root, 'toy.json', config)).toEqual([]);
      expect(mistakes(toy.root, 'toy.json', { ...config, b: { rate: {} } })).toEqual(['/b/rate/value']);
      const keys = keysText(own, 'toy');
      toy.write('configs/toy.json', { $schema: './schemas/toy.json', ...config });
      expect(keysText(own, 'toy')).toBe(keys);
    } finally {
      await toy.remove();
    }
  });
});
