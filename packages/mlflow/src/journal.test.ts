import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, readLines, readRunEntry } from './entries.ts';
import { openJournal } from './journal.ts';
import { endUnfinished, tagRun } from './journal-end.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const run = { key: 'k-1', experiment: 'exp', runName: 'name', tags: { a: '1' } };
const open = () => openJournal(dir, run);
const file = () => join(dir, 'journal.jsonl');
const entries = () => [...readLines(file())].map((line) => line.entry);
const ofType = <T extends Entry['type']>(type: T) =>
  entries().filter((entry): entry is Extract<Entry, { type: T }> => entry?.type === type);
const points = () =>
  ofType('metrics').flatMap(({ step, values }) => Object.entries(values).map(([k, v]) => [k, step, v]));

describe('tagRun', () => {
  it('adds tags to a run that has ended, which stays as it is', () => {
    expect(tagRun(dir, { b: '2' })).toBe(false);
    open().end('FINISHED');
    expect(tagRun(dir, { b: '2' })).toBe(true);
    endUnfinished(dir, 'KILLED');
    expect(entries().map((entry) => entry?.type)).toEqual(['run', 'end', 'tags']);
    expect(open().tag('b')).toBe('2');
    expect(() => tagRun(dir, { 'a//b': '2' })).toThrow('invalid tag name');
  });
});

describe('openJournal', () => {
  it('writes one line an event, at once', () => {
    const journal = open();
    journal.params({ lr: 0.1, nesterov: true });
    journal.metrics({ loss: 2, accuracy: Number.NaN }, 7);
    expect(entries()).toEqual([
      { type: 'run', time: expect.any(Number), ...run },
      { type: 'params', time: expect.any(Number), values: { lr: '0.1', nesterov: 'true' } },
      { type: 'metrics', time: expect.any(Number), step: 7, values: { loss: 2, accuracy: 'NaN' } },
    ]);
    expect(readRunEntry(file())).toMatchObject(run);
  });

  it('keeps a (metric, step) pair once, also when opened again', () => {
    const journal = open();
    journal.metrics({ loss: 3 }, 0);
    journal.metrics({ loss: 2, other: 1 }, 0);
    journal.metrics({ loss: 1 }, 0);
    const resumed = open();
    resumed.metrics({ loss: 9 }, 0);
    resumed.metrics({ loss: 8 }, 1);
    expect(points()).toEqual([
      ['loss', 0, 3],
      ['other', 0, 1],
      ['loss', 1, 8],
    ]);
    expect([resumed.lastStep('loss'), resumed.lastStep('other'), resumed.lastStep('none')]).toEqual([1, 0, undefined]);
  });

  it('without a step, keeps each value that differs from the one before: the last is the metric', () => {
    const journal = openJournal(dir, run);
    for (const accuracy of [0.5, 0.5, 0.75, 0.5]) journal.metrics({ accuracy });
    journal.end('KILLED');
    const again = openJournal(dir, run);
    again.metrics({ accuracy: 0.5 });
    again.metrics({ accuracy: 0.25 });
    expect(points()).toEqual([0.5, 0.75, 0.5, 0.25].map((value) => ['accuracy', 0, value]));
    expect(new Set(ofType('metrics').map(({ time }) => time)).size).toBe(4);
  });

  it('keeps the first value of a param, and says which were given another, also when opened again', () => {
    const journal = open();
    journal.params({ lr: 0.1 });
    expect(journal.params({ lr: '0.1', depth: 18 })).toEqual([]);
    for (const one of [journal, open()]) {
      expect(one.params({ lr: 0.2, depth: 18 })).toEqual([{ name: 'lr', kept: '0.1', given: '0.2' }]);
    }
    expect(ofType('params').map(({ values }) => values)).toEqual([{ lr: '0.1' }, { depth: '18' }]);
  });

  it('keeps tags, images and datasets from being logged again by a resumed stage', () => {
    const dataset = { name: 'd', digest: 'x'.repeat(64), context: 'training' as const, source: '/d', rows: 3 };
    for (const _ of ['first', 'resumed']) {
      const journal = open();
      journal.tags({ a: '1', b: '2' });
      journal.image('views/pairs', new Uint8Array([1, 2]), 4);
      journal.dataset(dataset);
    }
    expect(ofType('tags').map(({ values }) => values)).toEqual([{ b: '2' }]);
    expect([open().tag('b'), open().tag('none')]).toEqual(['2', undefined]);
    expect(ofType('dataset')).toMatchObject([{ ...dataset, digest: 'x'.repeat(36) }]);
    const [image, ...more] = ofType('image');
    expect(more).toEqual([]);
    const name = `views~pairs+step+4+timestamp+${image!.time}+${image!.id}.png`;
    expect([...readFileSync(join(dir, 'artifacts/images', name))]).toEqual([1, 2]);
  });

  it('takes the last content of an artifact', () => {
    const journal = open();
    journal.artifact('a/report.html', 'old');
    journal.artifact('a/report.html', 'new');
    expect(readFileSync(join(dir, 'artifacts/a/report.html'), 'utf8')).toBe('new');
    expect(() => journal.artifact('../x', '')).toThrow('invalid artifact path: ../x');
  });

  it('cuts off a line that a crash left without its end, and goes on', () => {
    open().metrics({ loss: 1 }, 0);
    const { size } = statSync(file());
    for (const torn of ['{"type":"metrics","time":1,"st', '\0\0\0', 'x']) {
      appendFileSync(file(), torn);
      open();
      expect(readFileSync(file(), 'utf8').slice(0, size + 1)).toMatch(/\n\{$/);
    }
    expect(entries().map((entry) => entry?.type)).toEqual(['run', 'metrics', 'resume', 'resume', 'resume']);
    writeFileSync(file(), '{"type":"run","key"');
    open();
    expect(entries()).toMatchObject([{ type: 'run', key: 'k-1' }]);
  });

  it('steps over a line that is damaged in the middle', () => {
    open().metrics({ loss: 1 }, 0);
    appendFileSync(file(), '\0\0garbage\n');
    open().metrics({ loss: 1 }, 1);
    expect(points()).toHaveLength(2);
  });

  it('reads characters of several bytes and lines longer than its buffer', () => {
    const journal = open();
    const long = 'ß'.repeat(400_000);
    journal.tags({ long });
    journal.metrics({ größe: 1 }, 0);
    expect(ofType('tags')[0]!.values.long).toBe(long);
    const lines = [...readLines(file())];
    expect(lines.at(-1)!.end).toBe(statSync(file()).size);
    expect([...readLines(file(), lines[0]!.end)]).toEqual(lines.slice(1));
  });

  it('ends, goes on when opened again, and takes nothing in between', () => {
    const journal = open();
    journal.end('KILLED');
    expect(() => journal.metrics({ loss: 1 }, 0)).toThrow(`journal has ended: ${dir}. open it again to go on`);
    open().end('FINISHED');
    expect(entries().map((entry) => entry?.type)).toEqual(['run', 'end', 'resume', 'end']);
  });

  it('refuses what the server would refuse later', () => {
    const journal = open();
    expect(() => journal.metrics({ 'a,b': 1 })).toThrow('invalid metric name: a,b');
    expect(() => journal.metrics({ a: 1 }, 0.5)).toThrow('invalid step: 0.5');
    expect(() => journal.metrics({ a: '1' as unknown as number })).toThrow('invalid metric value: a is 1');
    expect(() => journal.image('a,b', new Uint8Array())).toThrow('invalid image key: a,b');
    expect(() => openJournal(dir, { ...run, key: 'other' })).toThrow(`journal of another run: ${dir} belongs to k-1`);
    expect(() => openJournal(dir, { ...run, key: "x' OR 1" })).toThrow('invalid run key: ');
    expect(entries()).toHaveLength(1);
  });
});
