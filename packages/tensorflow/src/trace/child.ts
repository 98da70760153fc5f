// Entry of the child process that traces: an eager run of a train step takes more memory than its graph ever will, and
// the training process should not carry it.
import { type DefinitionReference, loadDefinition } from '../definition.ts';
import type { Target } from '../machine.ts';
import { trace } from './trace.ts';
import { writeGraph } from './write-graph.ts';

/** What compile() asks of the child, as JSON on its command line. */
export interface TraceRequest {
  definition: DefinitionReference;
  target: Target;
  /** Folder to make. */
  folder: string;
}

const { definition, target, folder } = JSON.parse(process.argv[2]!) as TraceRequest;
const started = performance.now();
try {
  const loaded = await loadDefinition(definition);
  const openInputs = Object.keys(loaded.inputs).filter((name) => loaded.inputs[name]!.shape[0] === null);
  const traced = trace(loaded, target);
  const traceSeconds = (performance.now() - started) / 1000;
  writeGraph(folder, traced, {
    precision: target.precision,
    openInputs,
    info: { nodes: traced.nodes.length, traceSeconds },
  });
} catch (error) {
  // On standard output, apart from what TensorFlow writes to standard error.
  process.stdout.write((error as Error).message);
  process.exitCode = 1;
}
