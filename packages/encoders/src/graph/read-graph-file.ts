import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@simclr/stage';
import { FLOAT, type OnnxModel, readOnnxModel } from '../onnx/read-model.ts';
import { refuseTrainingMode } from '../onnx/training-mode.ts';
import { readSavedModel, SAVED_MODEL, type SignatureTensor } from '../saved-model/read-saved-model.ts';
import { savedFlops } from '../saved-model/saved-flops.ts';
import { parametersOf, refuseTrainingGraph } from '../saved-model/saved-graph.ts';
import type { GraphFile } from './graph-file.ts';

/** The path of a graph's file or folder, where there is one: `saved_model.pb` stands for its folder. */
export function graphPath(path: string): { path: string; format: GraphFile['format'] } | undefined {
  if (path.endsWith('.onnx')) return { path, format: 'onnx' };
  if (basename(path) === SAVED_MODEL) return { path: dirname(path), format: 'saved-model' };
  return existsSync(join(path, SAVED_MODEL)) ? { path, format: 'saved-model' } : undefined;
}

/** What the file of a graph says of it. @throws UserError where it is missing, damaged, or has no signature to take */
export function readGraphFile({ path, format }: NonNullable<ReturnType<typeof graphPath>>): GraphFile {
  if (!existsSync(path)) throw new UserError(`missing encoder: ${path}`);
  if (format === 'saved-model') return savedModelFile(path);
  if (!statSync(path).isFile()) throw new UserError(`not a file: ${path}. expected an ONNX model`);
  const model = readOnnxModel(path);
  const missing = model.external.find((file) => !existsSync(join(dirname(path), file)));
  if (missing) throw new UserError(`missing weights: ${join(dirname(path), missing)}, which ${path} names. copy both`);
  const tensorOf = ({ name, element, shape }: OnnxModel['inputs'][number]) => {
    return { name, key: name, shape, float32: element === FLOAT };
  };
  return {
    format,
    inputs: model.inputs.map(tensorOf),
    outputs: model.outputs.map(tensorOf),
    preprocessing: model.metadata.get('preprocessing'),
    beside: model.external,
    refuseTraining: () => refuseTrainingMode(model, path),
    parameters: () => onnxParameters(model),
  };
}

/** Numbers of constants that are more than one, without moments of batch norm. */
function onnxParameters({ nodes, initializers }: OnnxModel): number {
  const moments = new Set(
    nodes.filter(({ op }) => op === 'BatchNormalization').flatMap(({ inputs }) => inputs.slice(3)),
  );
  const constants = nodes.flatMap((node) => (node.op === 'Constant' ? (node.tensor('value') ?? []) : []));
  return [...initializers, ...constants]
    .filter(({ element, name }) => element === FLOAT && !moments.has(name))
    .map(({ shape }) => shape.reduce((product, size) => product * size, 1))
    .reduce((sum, size) => sum + (size > 1 ? size : 0), 0);
}

/** By which a SavedModel is called unless another is asked for. */
const SERVING = 'serving_default';

function savedModelFile(path: string): GraphFile {
  const { signatures, reached } = readSavedModel(path);
  const names = [...signatures.keys()].filter((name) => !name.startsWith('__'));
  const signature = signatures.get(SERVING) ?? (names.length === 1 ? signatures.get(names[0]!) : undefined);
  if (!signature)
    throw new UserError(
      `no signature: ${path} has ${names.join(', ') || 'none'}. expected ${SERVING}: tf.saved_model.save(model, folder, signatures=…)`,
    );
  const tensorOf = ({ key, tensor, dtype, shape }: SignatureTensor) => {
    return { name: tensor, key, shape, float32: dtype === FLOAT };
  };
  const carried = join(path, 'assets.extra/preprocessing.json');
  return {
    format: 'saved-model',
    inputs: signature.inputs.map(tensorOf),
    outputs: signature.outputs.map(tensorOf),
    preprocessing: existsSync(carried) ? readFileSync(carried, 'utf8') : undefined,
    beside: [],
    refuseTraining: (output) => refuseTrainingGraph(reached(output).values(), path),
    parameters: (output) => parametersOf(reached(output).values()),
    flops: (output) => savedFlops(reached(output)),
  };
}
