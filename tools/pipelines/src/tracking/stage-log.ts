import type { Journal } from '@simclr/mlflow';
import { type Progress, type StageLog, startProgress } from '@simclr/stage';
import type { Console } from '../launch/console.ts';

const clearLine = '\r\x1b[2K';

/** What a stage logs: lines and bars to the console, everything else to the MLflow journal. */
export function stageLog(id: string, journal: Journal, console: Console): StageLog & { close(): void } {
  let bar: Progress | undefined;
  const info = (message: string) => console.write(`${console.isTTY ? clearLine : ''}${id}: ${message}\n`);
  return {
    info,
    params(params) {
      for (const { name, kept, given } of journal.params(params))
        info(`warning: the param ${name} stays ${kept} in MLflow, where this run was begun; now it is ${given}`);
    },
    machine(facts) {
      const tags = Object.entries(facts).map(([name, value]) => [`machine.${name}`, String(value)] as const);
      const changes = tags.flatMap(([name, now]) => {
        const before = journal.tag(name);
        return before === undefined || before === now ? [] : [`${name} ${before} → ${now}`];
      });
      if (changes.length)
        info(
          `resumes on another machine: ${changes.join(', ')}. results are those of an undisturbed run within rounding`,
        );
      journal.tags(Object.fromEntries(tags));
    },
    metrics: (metrics, step) => journal.metrics(metrics, step),
    tags: (tags) => journal.tags(tags),
    image: (key, png, step = 0) => journal.image(key, png, step),
    artifact: (path, data) => journal.artifact(path, data),
    dataset: (dataset) => journal.dataset(dataset),
    progress(total, unit) {
      bar?.stop();
      bar = startProgress({ label: id, total, unit, stream: console });
      return bar;
    },
    close: () => bar?.stop(),
  };
}

/** Params of a run by name. */
export type Params = Record<string, string | number | boolean>;

/** What a config has at a key that has no keys of its own. */
export type Leaf = string | number | boolean | null | unknown[];

/** A config by its keys, joined by dots: `pretrain.optimizer.momentum`, as the user knows them. */
export function leaves(value: unknown, path: string): Record<string, Leaf> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [path]: value as Leaf };
  return Object.assign({}, ...Object.entries(value).map(([key, inner]) => leaves(inner, `${path}.${key}`)));
}

/** As MLflow has it: lists, and null, as JSON. */
export const asParam = (leaf: Leaf): Params[string] =>
  leaf === null || typeof leaf === 'object' ? JSON.stringify(leaf) : leaf;

/** A config as MLflow params. */
export const flatten = (value: unknown, path: string): Params =>
  Object.fromEntries(Object.entries(leaves(value, path)).map(([key, leaf]) => [key, asParam(leaf)]));
