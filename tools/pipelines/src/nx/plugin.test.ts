import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { createNodes } from './plugin.ts';

const yaml = (name: string) => `name: ${name}
config: configs/${name}.json
stages:
  a: { run: '@toy/a', params: [a] }
`;

let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a'], yaml('toy'), { seed: 0, a: {} });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await toy.remove();
});

it.each([
  ['no JSON', yaml('other'), '{ "seed": 0, <<<<<<< HEAD', /^invalid json: .*configs\/other\.json\n$/],
  ['no object', yaml('other'), 'null', /^invalid config: configs\/other\.json/],
  ['a section missing', yaml('other'), '{ "seed": 0 }', /^missing config section: a/],
  ['no YAML', 'name: other\n<<<<<<< HEAD\n', '{ "seed": 0, "a": {} }', /pipelines\/other\/pipeline\.yaml/],
])('goes on without a pipeline whose files are wrong: %s', async (_, pipeline, config, told) => {
  toy.write('pipelines/other/pipeline.yaml', pipeline);
  toy.write('configs/other.json', config);
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const files = ['toy', 'other'].map((name) => `pipelines/${name}/pipeline.yaml`);
  const [, read] = createNodes;
  const nodes = await read(files, undefined, { workspaceRoot: toy.root, nxJsonConfiguration: {} });
  expect(nodes.map(([, { projects }]) => Object.keys(projects ?? {}))).toEqual([['pipelines/toy'], []]);
  expect(said.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(told)]);
});
