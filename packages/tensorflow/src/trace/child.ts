// Entry of the child process that traces: an eager run of a train step takes more memory than its graph ever will, and
// the training process should not carry it.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DefinitionReference, loadDefinition } from '../definition.ts';
import { savedModel } from '../graph/graph-def.ts';
import type { Precision } from '../machine.ts';
import { trace } from './trace.ts';

/** What compile() asks of the child, as JSON on its command line. */
export interface TraceRequest {
  definition: DefinitionReference;
  precision: Precision;
  /** Folder to make. */
  folder: string;
}

const { definition, precision, folder } = JSON.parse(process.argv[2]!) as TraceRequest;
const started = performance.now();
try {
  const { nodes, state, inputs, outputs } = trace(await loadDefinition(definition), precision);
  const temporary = `${folder}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  writeFileSync(join(temporary, 'saved_model.pb'), savedModel(nodes));
  const info = { nodes: nodes.length, traceSeconds: (performance.now() - started) / 1000 };
  const specs = Object.fromEntries(Object.entries(state).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
  writeFileSync(join(temporary, 'graph.json'), JSON.stringify({ precision, state: specs, inputs, outputs, info }));
  try {
    renameSync(temporary, folder);
  } catch {
    // Another process traced the same function meanwhile: its folder is as good.
    rmSync(temporary, { recursive: true, force: true });
  }
} catch (error) {
  // On standard output, apart from what TensorFlow writes to standard error.
  process.stdout.write((error as Error).message);
  process.exitCode = 1;
}
