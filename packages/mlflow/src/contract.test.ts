import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const HERE = import.meta.dirname;
const source = (file: string) => readFileSync(join(HERE, file), 'utf8');
/** What is tested against a real server. */
const contracts = [
  'real-server.test.ts',
  ...readdirSync(join(HERE, 'testing'))
    .filter((name) => name.endsWith('-contract.ts'))
    .map((name) => join('testing', name)),
].map(source);

/** Functions that `index.ts` exports and that ask the server: of files that stand on its requests. */
const asking = Array.from(source('index.ts').matchAll(/^export \{([^}]*)\} from '(.*)';$/gm)).flatMap(
  ([, names = '', file = '']) => {
    if (!/from '\.\/(request|pages|artifacts|stores\/\w+)\.ts'/.test(source(file))) return [];
    return names.split(',').flatMap((name) => /^\s*([a-z]\w*)\s*$/.exec(name)?.[1] ?? []);
  },
);

it('knows which functions ask the server', () => {
  expect(asking).toEqual(
    expect.arrayContaining(['searchRuns', 'uploadArtifact', 'logImage', 'logOutputs', 'waitReady']),
  );
  expect(asking.length).toBeGreaterThan(50);
});

it.each(asking)('%s has its test against a real server', (name) => {
  expect(contracts.some((text) => new RegExp(`\\b${name}\\(`).test(text))).toBe(true);
});
