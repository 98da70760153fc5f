import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { axes } from './experiment-page.ts';
import { VIEW_TAG, viewState, viewTag } from './shared-view.ts';

const view = {
  filter: "tags.`simclr.kind` = 'item'",
  metrics: ['linear_top1', 'digits_top1'],
  params: ['pretrain.batch', 'pretrain.epochs'],
  images: ['views'],
};

it('runs are compared by the params in which they differ: numbers first, names of a matrix for what are none', () => {
  const parents: Record<string, string>[] = [
    { seed: '0', 'pretrain.batch': '64', 'augment.policy': 'crop', 'report.title': 'a', only: 'x' },
    { seed: '0', 'pretrain.batch': '128', 'augment.policy': 'crop|flip', 'report.title': 'a' },
  ];
  expect(axes(parents)).toEqual(['pretrain.batch', 'augment.policy']);
  const items: Record<string, string>[] = [
    { 'matrix.batch': '64', 'pretrain.batch': '64', 'matrix.policy': 'a', 'augment.policy': 'crop|crop' },
    { 'matrix.batch': '128', 'pretrain.batch': '128', 'matrix.policy': 'b', 'augment.policy': 'flip|crop' },
  ];
  expect(axes(items)).toEqual(['pretrain.batch', 'matrix.policy']);
  expect(axes([])).toEqual([]);
});

it('accuracies are bars, and first; then come parallel coordinates, a contour and images', () => {
  const { compareRunCharts, compareRunSections } = viewState(view) as {
    compareRunCharts: { type: string; metricKey?: string; metricSectionId: string; selectedParams?: string[] }[];
    compareRunSections: { uuid: string }[];
  };
  expect(compareRunCharts.map(({ type, metricKey }) => [type, metricKey ?? ''].join(' ').trim())).toEqual([
    'BAR linear_top1',
    'BAR digits_top1',
    'PARALLEL',
    'CONTOUR',
    'IMAGE',
  ]);
  expect(compareRunCharts[2]?.selectedParams).toEqual(view.params);
  const sections = compareRunSections.map(({ uuid }) => uuid);
  expect(compareRunCharts.map(({ metricSectionId }) => sections.indexOf(metricSectionId))).toEqual([0, 0, 1, 1, 2]);
  const many = Array.from({ length: 300 }, (_, i) => `a-dataset-with-a-long-name-${i}_top1`);
  expect(viewTag('Compare', viewState({ ...view, metrics: many, params: many }), 1).length).toBeLessThan(5000);
});

it('the tag is what the page unpacks', () => {
  const state = viewState(view);
  const tag = JSON.parse(viewTag('Compare', state, 7)) as { state: string };
  expect(tag).toMatchObject({ name: 'Compare', createdAt: 7, updatedAt: 7 });
  const [, packed] = tag.state.split('deflate;');
  expect(JSON.parse(inflateSync(Buffer.from(packed!, 'base64')).toString('utf8'))).toEqual(state);
});

const page = pageScripts();
if (!page) console.warn('experiment-page.test.ts: contract skipped: no MLflow in .venv. run npm run setup');

it.runIf(page)("MLflow's page, as it is installed, knows every key of the state and every kind of chart", () => {
  const state = viewState(view);
  expect(page).toContain(`"${VIEW_TAG.slice(0, VIEW_TAG.lastIndexOf('.') + 1)}"`);
  for (const word of ['viewStateShareKey', 'compareRunsMode', 'deflate;', String(state.runsHiddenMode)])
    expect(page).toContain(`"${word}"`);
  for (const key of Object.keys(state)) expect(page).toContain(`"${key}"`);
  for (const chart of state.compareRunCharts as Record<string, unknown>[]) {
    expect(page).toContain(`"${chart.type}"`);
    for (const key of Object.keys(chart)) expect(page).toMatch(new RegExp(`\\b${key}\\b`));
  }
});

/** The scripts of the page that MLflow serves; undefined where it is not installed. */
function pageScripts(): string | undefined {
  const lib = join(findRoot(import.meta.dirname), '.venv/lib');
  const python = existsSync(lib) ? readdirSync(lib).find((name) => name.startsWith('python')) : undefined;
  const dir = join(lib, python ?? '', 'site-packages/mlflow/server/js/build/static/js');
  if (!existsSync(dir)) return undefined;
  const scripts = readdirSync(dir).filter((file) => file.endsWith('.js'));
  return scripts.map((file) => readFileSync(join(dir, file), 'utf8')).join('\n');
}
