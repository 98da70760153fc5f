import type { About, DatasetEntry } from '../entries.ts';
import type { Journal, NewModel } from '../journal.ts';
import type { Content } from '../journal-files.ts';
import { type Draw, drawWithVega, type Spec, toPng } from './figure.ts';
import { type Cell, TABLES_TAG, tableFile, withTable } from './table.ts';

type Value = string | number | boolean;

/** What one logs of a run. Everything but `figure` is in the journal when the call returns; nothing waits for the server. */
export interface Recorder {
  /** A (name, step) pair is kept once; without a step, the last value is the metric's. */
  metric(name: string, value: number, step?: number, about?: About): void;
  metrics(values: Record<string, number>, step?: number, about?: About): void;
  /** A param keeps its first value; another one is told. */
  param(name: string, value: Value): void;
  params(values: Record<string, Value>): void;
  tag(name: string, value: string): void;
  tags(values: Record<string, string>): void;
  /** A text file among the run's artifacts. */
  text(path: string, text: string): void;
  /** A JSON file. */
  dict(path: string, value: unknown): void;
  /** A table that MLflow's pages show and compare; `path` ends with `.json`. */
  table(path: string, rows: readonly Record<string, Cell>[]): void;
  /**
   * A Vega-Lite specification as a picture (`.svg`, `.png`), and the specification beside it (`.vl.json`).
   *
   * @param draw makes SVG of it (default: the packages vega and vega-lite, where they are installed); `.png` takes sharp
   */
  figure(path: string, spec: Spec, draw?: Draw): Promise<void>;
  /** A PNG: MLflow's pages show a grid of the keys, with a slider over the steps. */
  image(key: string, png: Uint8Array, step?: number): void;
  /** A file: its bytes, a text, or `{ file }`, which is copied. */
  artifact(path: string, content: Content): void;
  /** An input of the run, such as what it is trained on. */
  dataset(dataset: DatasetEntry): void;
  /** A logged model that the run made. Returns its key, for metrics that are about it. */
  model(model: NewModel): string;
}

/** @param onWarning takes a line about what is not kept */
export function recorder(journal: Journal, onWarning: (line: string) => void): Recorder {
  const params = (values: Record<string, Value>) => {
    for (const { name, kept, given } of journal.params(values)) {
      onWarning(`the param ${name} stays ${kept}; it was given ${given}`);
    }
  };
  return {
    metric: (name, value, step, about) => journal.metrics({ [name]: value }, step, about),
    metrics: (values, step, about) => journal.metrics(values, step, about),
    param: (name, value) => params({ [name]: value }),
    params,
    tag: (name, value) => journal.tags({ [name]: value }),
    tags: (values) => journal.tags(values),
    text: (path, text) => journal.artifact(path, text),
    dict: (path, value) => journal.artifact(path, `${JSON.stringify(value, null, 2)}\n`),
    table(path, rows) {
      if (!path.endsWith('.json')) throw new Error(`invalid table path: ${path}. allowed: one that ends with .json`);
      journal.artifact(path, tableFile(rows));
      journal.tags({ [TABLES_TAG]: withTable(journal.tag(TABLES_TAG), path) });
    },
    async figure(path, spec, draw = drawWithVega) {
      const [, stem, kind] = /^(.+)\.(svg|png)$/.exec(path) ?? [];
      if (!kind) throw new Error(`invalid figure path: ${path}. allowed: one that ends with .svg or .png`);
      const svg = await draw(structuredClone(spec)); // Vega writes into its data.
      journal.artifact(path, kind === 'svg' ? svg : await toPng(svg));
      journal.artifact(`${stem}.vl.json`, JSON.stringify(spec, null, 2));
    },
    image: (key, png, step) => journal.image(key, png, step),
    artifact: (path, content) => journal.artifact(path, content),
    dataset: (dataset) => journal.dataset(dataset),
    model: (model) => journal.model(model),
  };
}
