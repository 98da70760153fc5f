import { UserError } from '@simclr/stage';
import { type CompileOptions, graphsFolder } from './compile.ts';
import type { DefinitionReference } from './definition.ts';
import { choosePrecision, targetOf } from './machine.ts';
import { type Compiled, type GraphInfo, openSession } from './session.ts';
import { sizeOf, type TensorSpec } from './tensors.ts';
import { type TraceOptions, tracedFolder, tracedFolderSync } from './trace-in-child.ts';

export interface EachSizeOptions extends CompileOptions {
  /** Size of the open dimension that is traced first. */
  rows: number;
  /** Sizes that may be traced in all; another one is then an error. */
  limit: number;
}

/**
 * As `compile`, for a function with an open first dimension that needs a graph for each size of it: it updates its state,
 * or takes a mean over the batch. A new size is traced when it first comes, up to `limit` of them, and the state moves
 * with it. `compile` alone serves any size with one graph, and refuses such functions.
 *
 * @throws UserError from `run` at a size beyond the limit, naming those that are traced
 */
export async function compileEachSize(definition: DefinitionReference, options: EachSizeOptions): Promise<Compiled> {
  const { precision } = choosePrecision(options.precision ?? 'fp32');
  const trace = (rows: number): TraceOptions => ({ cache: graphsFolder(options), target: targetOf(precision), rows });
  const graphs = new Map<number, Compiled>();
  let current = openSession(await tracedFolder(definition, trace(options.rows)));
  const open = openDimensions(current.info);
  graphs.set(options.rows, current);

  const graphOf = (rows: number): Compiled => {
    const known = graphs.get(rows);
    if (known) return known;
    if (graphs.size >= options.limit) {
      throw new UserError(
        `new size: ${rows} rows. traced already: ${[...graphs.keys()].join(', ')}; the limit is ${options.limit}`,
      );
    }
    const graph = openSession(tracedFolderSync(definition, trace(rows)));
    graphs.set(rows, graph);
    return graph;
  };

  return {
    get info() {
      return current.info;
    },
    run(inputs) {
      const rows = rowsOf(open, inputs) ?? options.rows;
      const graph = graphOf(rows);
      if (graph !== current) {
        graph.write(current.read());
        current = graph;
      }
      return current.run(inputs);
    },
    read: (names) => current.read(names),
    write: (state) => current.write(state),
    dispose() {
      for (const graph of graphs.values()) graph.dispose();
    },
  };
}

/** Inputs whose first dimension is open in the definition, with the rest of their shape. */
function openDimensions({ inputs, openInputs }: GraphInfo): [string, TensorSpec][] {
  return openInputs.map((name) => [name, inputs[name]!]);
}

/** The size that the inputs come with; undefined where they are not whole rows, which `run` says in its own words. */
function rowsOf(open: [string, TensorSpec][], inputs: Parameters<Compiled['run']>[0]): number | undefined {
  for (const [name, { shape }] of open) {
    const rows = (inputs[name]?.length ?? 0) / sizeOf(shape.slice(1) as number[]);
    if (Number.isInteger(rows) && rows > 0) return rows;
  }
  return undefined;
}
