import { expect, it } from 'vitest';
import { freeze } from '../frozen.ts';
import { float32 } from '../tensors.ts';
import { constantOf, evaluateConstants } from './evaluate-constants.ts';

const module = import.meta.resolve('../testdata/image-definitions.ts');

it('computes what depends on constants alone, and nothing else', async () => {
  const state = { scale: float32([6], 3), map: float32([4, 3, 1], 1), dense: float32([6, 5], 1) };
  const { nodes } = await freeze({ module, export: 'shapes', args: null }, state);
  const evaluated = evaluateConstants(nodes);
  const ops = (list: typeof nodes) => list.map(({ op }) => op).filter((op) => op !== 'Const');
  const ofState = ['ConcatV2', 'Pack', 'Square'];
  expect(
    ops(nodes)
      .filter((op) => ofState.includes(op))
      .sort(),
  ).toEqual(ofState);
  expect(ops(evaluated)).toEqual(ops(nodes).filter((op) => !ofState.includes(op)));
  const output = evaluated.find(({ inputs }) => inputs[0]?.startsWith('Square'))!;
  const { dtype, shape, raw } = constantOf(evaluated.find(({ name }) => name === output.inputs[0])!)!;
  expect({ dtype, shape }).toEqual({ dtype: 1, shape: [6] });
  expect(new Float32Array(Uint8Array.from(raw).buffer)).toEqual(new Float32Array(6).fill(9));
});
