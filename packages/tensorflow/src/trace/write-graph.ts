import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { savedModel } from '../graph/graph-def.ts';
import type { GraphInfo } from '../session.ts';
import type { TensorSpec } from '../tensors.ts';
import type { Traced } from './trace.ts';

const specsOf = (specs: Record<string, TensorSpec>): Record<string, TensorSpec> =>
  Object.fromEntries(Object.entries(specs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));

/** Writes a traced function as a folder that `openSession` opens: a SavedModel and `graph.json`. It appears at once. */
export function writeGraph(
  folder: string,
  traced: Traced,
  info: Pick<GraphInfo, 'precision' | 'openInputs' | 'info'>,
): void {
  const temporary = `${folder}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(join(temporary, 'saved_model.pb'), savedModel(traced.nodes));
  const { state, inputs, outputs } = traced;
  const described: GraphInfo = { ...info, state: specsOf(state), inputs: specsOf(inputs), outputs };
  writeFileSync(join(temporary, 'graph.json'), JSON.stringify(described));
  try {
    renameSync(temporary, folder);
  } catch {
    // Another process traced the same function meanwhile: its folder is as good.
    rmSync(temporary, { recursive: true, force: true });
  }
}
