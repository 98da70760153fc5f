import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRoot, openWorkspace } from './definition/workspace.ts';
import { stageCode } from './inputs/code/stage-code.ts';

/** Who may import whom: a package imports from earlier layers only. A new package needs a place here. */
const layers = [
  ['web', 'near-duplicates', 'figures'],
  ['stage', 'mlflow'],
  ['artifacts', 'shards', 'tensorflow', 'collective', 'pickle'],
  ['nn', 'probe', 'images'],
  ['views', 'encoders', 'training'],
  ['evaluation'],
];
/** In the order of the data. They come after all layers, and none imports another: what two share is a library. */
const stages = [
  'ingest',
  'augment',
  'pretrain',
  'import-encoder',
  'features',
  'linear-eval',
  'finetune',
  'transfer',
  'report',
];
/** Stages know nothing of where they are tracked: only the tools import it. */
const forTools = ['mlflow'];

const layerOf = (name: string) =>
  [...layers, stages].findIndex((names) => names.includes(name.replace('@simclr/', '')));
const workspace = openWorkspace(findRoot(import.meta.dirname));
const packages = [...workspace.packages.values()];

/** The module names in a file's static and dynamic imports and re-exports. */
function importsOf(file: string): string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...readFileSync(file, 'utf8').matchAll(pattern)].map((match) => match[1]!);
}

function files(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe.each(packages.map((own) => [own.name, own] as const))('%s', (name, own) => {
  const root = join(workspace.root, own.dir);
  const imports = files(join(root, 'src')).flatMap((file) =>
    importsOf(file).map((target) => ({ file: relative(workspace.root, file), target })),
  );

  it('has a place in the layers', () => {
    expect(layerOf(name)).toBeGreaterThanOrEqual(0);
  });

  it('is in the picture of the house', () => {
    const [, picture] = readFileSync(join(workspace.root, 'docs/architecture.md'), 'utf8').split('```mermaid');
    expect(picture!.split('```')[0]).toMatch(new RegExp(`(?<![\\w-])${name.replace('@simclr/', '')}(?![\\w-])`));
  });

  it('is a stage where it is listed as one', () => {
    expect(own.exports['./stage'] !== undefined).toBe(stages.includes(name.replace('@simclr/', '')));
  });

  it('imports no stage, in whatever file', () => {
    const others = packages.filter((one) => one.exports['./stage'] && one.name !== name).map((one) => one.name);
    const ofStages = imports.filter(({ target }) => others.some((other) => `${target}/`.startsWith(`${other}/`)));
    expect(ofStages).toEqual([]);
  });

  it('depends on packages of earlier layers only, and on no tool', () => {
    const ours = own.dependencies.filter((dependency) => dependency.startsWith('@simclr/'));
    const allowed = (dependency: string) =>
      layerOf(dependency) >= 0 && layerOf(dependency) < layerOf(name) && !forTools.includes(dependency.slice(8));
    expect(ours.filter((dependency) => !allowed(dependency))).toEqual([]);
  });

  it('declares what it imports of ours', () => {
    const undeclared = imports.filter(({ target }) => {
      const [scope, short] = target.split('/');
      const full = `${scope}/${short}`;
      return scope === '@simclr' && full !== name && !own.dependencies.includes(full);
    });
    expect(undeclared).toEqual([]);
  });

  it('has no relative import that leaves it', () => {
    const leaving = imports.filter(
      ({ file, target }) =>
        target.startsWith('.') && !join(workspace.root, file, '..', target).startsWith(join(root, '/')),
    );
    expect(leaving).toEqual([]);
  });
});

/** Circles of files, each as the paths along it, by their literal relative imports; types count too. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const follow = (file: string) => {
    if (trail.includes(file)) found.push(trail.slice(trail.indexOf(file)));
    if (done.has(file) || trail.includes(file)) return;
    trail.push(file);
    for (const next of imports.get(file) ?? []) follow(next);
    trail.pop();
    done.add(file);
  };
  for (const file of imports.keys()) follow(file);
  return found;
}

/** What stages load by a name that is not written where they do: none of it may be code that no one counts. */
const untold: Record<string, string> = {
  'packages/tensorflow/src/definition.ts: import(module)':
    'a module that gives its own URL, so that it is loaded already',
  'packages/tensorflow/src/cache-key.ts: import.meta.resolve(specifier)': 'the sources of that module, which are read',
};

/** Every export that runs a stage, with the folder that it is in: `./stage`, `./in-place/stage`. */
const entries = packages.flatMap(({ name, exports }) =>
  Object.keys(exports).flatMap((path) => (path.endsWith('/stage') ? [[name, path.slice(0, -'/stage'.length)]] : [])),
) as [string, string][];

it.each(entries)('%s, %s, loads nothing by a name that no one can follow', (name, folder) => {
  const unknown = stageCode(workspace, name, folder).untold.filter((text) => !(text in untold));
  expect(unknown).toEqual([]);
});

it.each(entries)('%s, %s, has a plan beside it, and does not reach it', (name, folder) => {
  const { dir, exports } = workspace.packages.get(name)!;
  const plan = exports[`${folder}/plan`];
  expect(plan).toBeDefined();
  expect(stageCode(workspace, name, folder).files).not.toHaveProperty([join(dir, plan!)]);
});

const codeOf = (name: string, folder?: string) => Object.keys(stageCode(workspace, `@simclr/${name}`, folder).files);

it('features are extracted by code that no protocol is part of: a change in one extracts nothing again', () => {
  const files = codeOf('features');
  expect(files).toContain('packages/evaluation/src/extract-input.ts');
  // The alarm about wrong input looks for neighbours of images; what a probe makes of them is none of it.
  const search = ['packages/probe/src/neighbours.ts', 'packages/probe/src/steps.ts'];
  const protocols = files.filter((file) => /^packages\/probe\/|\/protocols\//.test(file));
  expect(protocols.filter((file) => !search.includes(file))).toEqual([]);
});

it.each(['linear-eval', 'transfer'])('%s of ready features reaches nothing of what extracts them', (name) => {
  const extraction = /^packages\/(encoders|nn|views|images)\/|\/extract/;
  expect(codeOf(name, './in-place').filter((file) => extraction.test(file)).length).toBeGreaterThan(50);
  expect(codeOf(name).filter((file) => extraction.test(file))).toEqual([]);
});

it('has no files that import each other, directly or by way of others', () => {
  const all = ['packages', 'tools'].flatMap((folder) =>
    readdirSync(join(workspace.root, folder)).flatMap((name) => files(join(workspace.root, folder, name, 'src'))),
  );
  const relatives = (file: string) => importsOf(file).filter((target) => target.startsWith('.'));
  const imports = new Map(all.map((file) => [file, relatives(file).map((target) => join(file, '..', target))]));
  const named = circles(imports).map((circle) => circle.map((file) => relative(workspace.root, file)));
  expect(named).toEqual([]);
});

it('finds circles of two and of more, and none where two ways lead to one file', () => {
  const of = (graph: Record<string, string[]>) => circles(new Map(Object.entries(graph)));
  expect(of({ a: ['b'], b: ['a'] })).toEqual([['a', 'b']]);
  expect(of({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] })).toEqual([['b', 'c', 'd']]);
  expect(of({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([]);
});

it('finds imports of every form', () => {
  const found = importsOf(import.meta.filename).filter((target) => target.startsWith('.') || target === 'vitest');
  expect(found).toContain('./definition/workspace.ts');
  expect(found).toContain('vitest');
});
