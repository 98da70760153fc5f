import { UserError } from '@simclr/stage';
import type { WireMessage } from '../wire.ts';

const DRAWING = /^(Stateless)?(RandomUniform|RandomStandardNormal|RandomNormal|TruncatedNormal|Multinomial)/;
const FLOAT = 1;

/**
 * Refuses a graph in training mode: batch norm by the moments of the batch, or numbers drawn, as dropout does.
 * @param nodes that features depend on
 */
export function refuseTrainingGraph(nodes: Iterable<WireMessage>, path: string): void {
  for (const node of nodes) {
    const [name, op] = [node.text(1), node.text(2)];
    const refuse = (why: string): never => {
      throw new UserError(
        `training mode: ${name} (${op}) of ${path} ${why}. export it in evaluation: model(x, training=False)`,
      );
    };
    if (/^FusedBatchNorm/.test(op)) {
      const training = node.map(5).get('is_training');
      // TensorFlow's default, which may be left out of the file, is true.
      if (training === undefined || training.int(5) === 1) refuse('takes the moments of the batch');
    }
    if (DRAWING.test(op)) refuse('draws numbers');
  }
}

/** Numbers of variables, without moments of batch norm, and of constants that are more than one. */
export function parametersOf(nodes: Iterable<WireMessage>): number {
  let count = 0;
  for (const node of nodes) {
    const attributes = node.map(5);
    const op = node.text(2);
    const shape =
      op === 'Const' && attributes.get('dtype')?.int(6) === FLOAT
        ? attributes.get('value')?.message(8).message(2)
        : /^Var(HandleOp|iableV2)$/.test(op) && !/moving_(mean|variance)/.test(node.text(1))
          ? attributes.get('shape')?.message(7)
          : undefined;
    const size = shape?.messages(2).reduce((product, dim) => product * (dim.int(1) ?? 0), 1) ?? 0;
    if (size > 1) count += size;
  }
  return count;
}
