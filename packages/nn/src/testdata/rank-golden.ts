// A rank as a replica of the golden cases: synchronised batch norm and NT-Xent of its shard, with their gradients.
import { connectTensorFlow, rankMain } from '@simclr/collective';
import { relu, type TensorFlow, tf } from '@simclr/tensorflow';
import { Layers } from '../layers.ts';
import { ntXent } from '../losses/nt-xent.ts';
import { gatherViews } from '../over-ranks.ts';
import { golden, toTensors, valuesOf } from './golden.ts';

interface Input {
  ranks: number;
  group: 'heads' | 'objective';
  name: string;
}

await rankMain(
  (input) => (input as Input).ranks,
  async ({ ranks, input }) => {
    connectTensorFlow(ranks);
    const { group, name } = input as Input;
    const { cases, tensors } = golden(group);
    const { inputs, params } = cases.find((one) => one.name === name)!;
    const given = (key: string) => toTensors({ t: tensors[(inputs[key] as { tensor: string }).tensor]! }).t!;
    const results: Record<string, number[]> = {};
    const keep = async (key: string, tensor: TensorFlow.Tensor) => {
      results[key] = [...(await ranks.allGather(valuesOf(tensor)))];
    };
    if (group === 'heads') {
      const shard = (key: string) => tf.split(given(key), ranks.size)[ranks.rank]!;
      const stats = { 'bn/moving_mean': given('moving_mean'), 'bn/moving_variance': given('moving_variance') };
      const pass = (x: TensorFlow.Tensor, gamma: TensorFlow.Tensor, beta: TensorFlow.Tensor) => {
        const layers = new Layers({ 'bn/gamma': gamma, 'bn/beta': beta }, stats, { training: true, ranks: ranks.size });
        return { y: relu(layers.batchNorm('bn', x)), moved: layers.stats };
      };
      const variables = [shard('x'), given('gamma'), given('beta')] as const;
      const { y, moved } = pass(...variables);
      await keep('y', y);
      for (const [key, tensor] of Object.entries(moved)) await keep(key, tensor);
      const cotangent = shard('cotangent');
      const loss = (...all: TensorFlow.Tensor[]) => tf.sum(tf.mul(pass(all[0]!, all[1]!, all[2]!).y, cotangent)) as TensorFlow.Scalar;
      const [dx, dGamma, dBeta] = tf.grads(loss)([...variables]);
      await keep('dx', dx!);
      await keep('dGamma', dGamma!);
      await keep('dBeta', dBeta!);
    } else {
      const config = { temperature: params.temperature as number, normalize: params.hidden_norm as boolean, scale: 'reference' as const };
      const replica = tf.scalar(ranks.rank, 'int32');
      const of = (z: TensorFlow.Tensor) => ntXent(z, config, { gathered: gatherViews(z, ranks.size), replica });
      const hidden = given(`hidden_${ranks.rank}`);
      const { loss, logitsAB } = of(hidden);
      await keep('loss', loss);
      await keep('logitsAB', logitsAB);
      await keep('gradient', tf.grad((z: TensorFlow.Tensor) => of(z).loss)(hidden));
    }
    return results;
  },
);
