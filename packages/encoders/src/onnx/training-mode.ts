import { UserError } from '@simclr/stage';
import type { OnnxModel, OnnxNode } from './read-model.ts';

/** Operators that draw numbers. */
const DRAWING = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Bernoulli',
  'Multinomial',
]);

/**
 * Refuses a graph that was exported in training mode: batch norm by the moments of the batch, active dropout, numbers drawn.
 * @throws UserError that names the node
 */
export function refuseTrainingMode(model: OnnxModel, path: string): void {
  const constants = new Map(model.initializers.map((tensor) => [tensor.name, tensor.scalar]));
  for (const node of model.nodes)
    if (node.op === 'Constant') constants.set(node.outputs[0]!, node.tensor('value')?.scalar ?? node.int('value_int'));
  for (const node of model.nodes) {
    const why = training(node, model.opset, constants);
    if (why)
      throw new UserError(
        `training mode: ${node.name || node.outputs[0]} (${node.op}) of ${path} ${why}. export it in evaluation: model.eval()`,
      );
  }
}

function training(
  node: OnnxNode,
  opset: number,
  constants: ReadonlyMap<string, number | undefined>,
): string | undefined {
  const outputs = node.outputs.filter((name) => name !== '').length;
  if (node.op === 'BatchNormalization') {
    const says = opset >= 14 ? node.int('training_mode') === 1 : opset >= 7 ? outputs > 1 : node.int('is_test') !== 1;
    return says ? 'takes the moments of the batch' : undefined;
  }
  if (node.op === 'Dropout') {
    const says = opset >= 12 ? constants.get(node.inputs[2] ?? '') === 1 : opset < 7 && node.int('is_test') !== 1;
    return says ? 'drops values' : undefined;
  }
  return DRAWING.has(node.op) ? 'draws numbers' : undefined;
}
