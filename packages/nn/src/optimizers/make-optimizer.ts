import { type AdamConfig, adam } from './adam.ts';
import { type LarsConfig, lars } from './lars.ts';
import type { Optimizer } from './optimizer.ts';
import { type SgdConfig, sgd } from './sgd.ts';
import { decayedGradient } from './weight-decay.ts';

/** An optimizer by name. Plain JSON. */
export type OptimizerConfig =
  | ({ name: 'sgd' } & SgdConfig)
  | ({ name: 'lars' } & Omit<LarsConfig, 'excluded'>)
  | ({ name: 'adam' } & AdamConfig);

/**
 * The optimizer with all the weight decay that the reference has beside it. LARS by itself decays nothing of the
 * supervised head; the loss does (tf2/model.py add_weight_decay), which is added to the gradient here.
 */
export function makeOptimizer(config: OptimizerConfig): Optimizer {
  if (config.name === 'adam') return adam(config);
  if (config.name === 'sgd') return sgd(config);
  const { slots, update } = lars(config);
  return {
    slots,
    update(params, gradients, ...rest) {
      const decayed = Object.entries(params).map(
        ([name, w]) => [name, decayedGradient('lars', name, w, gradients[name]!, config.weightDecay)] as const,
      );
      return update(params, Object.fromEntries(decayed), ...rest);
    },
  };
}
