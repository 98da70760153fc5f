import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findRoot, openWorkspace } from '../../definition/workspace.ts';
import { openModules } from './modules.ts';
import { reach } from './reach.ts';

let root: string;
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reach-'));
  const exports = { '.': './src/index.ts', './stage': './src/stage.ts', './plan': './src/plan.ts' };
  for (const name of ['a', 'b'])
    write(`packages/${name}/package.json`, JSON.stringify({ name: `@toy/${name}`, exports }));
  write(
    'packages/b/src/index.ts',
    "export { one } from './one.ts';\nexport * from './two.ts';\nexport { three } from './three.ts';",
  );
  write('packages/b/src/one.ts', "import sharp from 'sharp';\nexport const one = sharp;");
  write('packages/b/src/two.ts', 'export const two = 2;\nexport const deux = 2;');
  write(
    'packages/b/src/three.ts',
    "import { two } from './two.ts';\nimport '@scope/pkg/deep';\nexport const three = two + 1;",
  );
  write('packages/b/src/plan.ts', 'export const plan = 1;');
});
afterEach(() => rmSync(root, { recursive: true }));

const reached = (stage: string) => {
  write('packages/a/src/stage.ts', stage);
  const { files, externals } = reach(openWorkspace(root), 'packages/a/src/stage.ts', openModules(root).read);
  return { files: Object.keys(files).map((file) => file.slice('packages/'.length)), externals };
};

it('follows the names that are taken through a barrel, and nothing else of it', () => {
  expect(reached("import { one } from '@toy/b';")).toEqual({
    files: ['a/src/stage.ts', 'b/src/one.ts'],
    externals: new Map([['sharp', new Set(['packages/b'])]]),
  });
  expect(reached("import { two } from '@toy/b';").files).toEqual(['a/src/stage.ts', 'b/src/two.ts']);
  expect(reached("import { three } from '@toy/b';")).toEqual({
    files: ['a/src/stage.ts', 'b/src/three.ts', 'b/src/two.ts'],
    externals: new Map([['@scope/pkg', new Set(['packages/b'])]]),
  });
  expect(reached("import * as b from '@toy/b';").files).toHaveLength(4);
  expect(reached("const { one } = await import('@toy/b');").files).toEqual(['a/src/stage.ts', 'b/src/one.ts']);
});

it('follows subpaths, workers and data files; not types, tests or other packages', () => {
  write('packages/a/src/worker.ts', "import { plan } from '@toy/b/plan';\nplan;");
  write('packages/a/src/table.json', '{}');
  write('packages/a/src/other.test.ts', "import { one } from '@toy/b';");
  const stage = `import type { one } from '@toy/b';
import { join } from 'node:path';
new Worker(new URL('worker.ts', import.meta.url));
readFileSync(new URL('./table.json', import.meta.url));
`;
  expect(reached(stage)).toEqual({
    files: ['a/src/stage.ts', 'a/src/table.json', 'a/src/worker.ts', 'b/src/plan.ts'],
    externals: new Map(),
  });
});

it('takes what does something when it is loaded, even if no name is taken of it', () => {
  write(
    'packages/b/src/register.ts',
    "import { two } from './two.ts';\nexport const registered = [];\nregistered.push(two);",
  );
  write(
    'packages/b/src/index.ts',
    "export { one } from './one.ts';\nexport { plan } from './plan.ts';\nexport { registered } from './register.ts';",
  );
  const files = ['a/src/stage.ts', 'b/src/plan.ts', 'b/src/register.ts', 'b/src/two.ts'];
  expect(reached("import { plan } from '@toy/b';")).toEqual({ files, externals: new Map() });
  // Nor does a module on the way to it have to count.
  write('packages/b/src/one.ts', "import { registered } from './register.ts';\nexport const one = () => registered;");
  write('packages/b/src/index.ts', "export { one } from './one.ts';\nexport { plan } from './plan.ts';");
  expect(reached("import { plan } from '@toy/b';").files).toEqual(files);
  write('packages/a/src/effect.ts', 'globalThis.x = 1;');
  expect(reached("import './effect.ts';").files).toEqual(['a/src/effect.ts', 'a/src/stage.ts']);
});

it('takes a file of any kind as it is, and a folder with all that is in it', () => {
  write('packages/a/src/kernel.wasm', 'one');
  write('packages/a/src/tables/x.json', 'one');
  const stage = "new URL('./kernel.wasm', import.meta.url);\nnew URL('./tables', import.meta.url);";
  const { files } = reached(stage);
  expect(files).toEqual(['a/src/kernel.wasm', 'a/src/stage.ts', 'a/src/tables']);
  const identities = () => reach(openWorkspace(root), 'packages/a/src/stage.ts', openModules(root).read).files;
  const before = identities();
  write('packages/a/src/kernel.wasm', 'two');
  write('packages/a/src/tables/x.json', 'two');
  const after = identities();
  const changed = Object.keys(after).filter((file) => after[file] !== before[file]);
  expect(changed).toEqual(['packages/a/src/kernel.wasm', 'packages/a/src/tables']);
});

it('goes round a circle once', () => {
  write('packages/a/src/x.ts', "import { stage } from './stage.ts';\nexport const x = () => stage;");
  write('packages/a/src/stage.ts', "import { x } from './x.ts';\nexport const stage = x;");
  const { files } = reach(openWorkspace(root), 'packages/a/src/stage.ts', openModules(root).read);
  expect(Object.keys(files)).toHaveLength(2);
});

it('names an import that leads nowhere, and a file that does not parse', () => {
  expect(() => reached("import './none.ts';")).toThrow(
    new UserError('unknown import: ./none.ts. there is no packages/a/src/none.ts. correct packages/a/src/stage.ts'),
  );
  expect(() => reached("import '@toy/b/none';")).toThrow(
    /^unknown import: @toy\/b\/none\. it is none of packages\/b's/,
  );
  expect(() => reached('export const = 1;')).toThrow(/^invalid module: packages\/a\/src\/stage\.ts\. /);
});

it('our stages reach what they run, and not what they do not', () => {
  const ours = openWorkspace(findRoot(import.meta.dirname));
  const of = (name: string) => reach(ours, `packages/${name}/src/stage.ts`, openModules(ours.root).read);
  const pretrain = of('pretrain');
  for (const file of ['nn/src/losses/nt-xent.ts', 'views/src/view-worker.ts', 'tensorflow/src/trace/child.ts'])
    expect(Object.keys(pretrain.files)).toContain(`packages/${file}`);
  for (const path of ['nn/src/checkpoints/', 'tensorflow/src/onnx/', 'testdata/', '.test.ts', 'mlflow/'])
    expect(Object.keys(pretrain.files).filter((file) => file.includes(path))).toEqual([]);
  expect([...pretrain.externals.keys()]).toContain('@tensorflow/tfjs-node');
  expect([...of('report').externals.keys()]).not.toContain('@tensorflow/tfjs-node');
});
