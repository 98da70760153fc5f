import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENCODER_WEIGHTS, writeEncoderInfo } from '@simclr/artifacts';
import { saveSafetensors } from '@simclr/nn';
import type { Precision, Tree } from '@simclr/tensorflow';
import type { Data } from './data.ts';
import type { Network } from './network.ts';

/** A network once it is trained. */
export interface TrainedNetwork {
  network: Pick<Network, 'info' | 'weights'>;
  data: Pick<Data, 'name' | 'policy'>;
  /** Of encoder and classifier. */
  weights: Tree;
  steps: number;
  seed: number;
  precision: Precision;
}

const NETWORKS = 'networks';

/**
 * Writes a network as the folder `networks/name` of an encoder, so that what reads encoders reads it: `evaluate`,
 * `import-encoder`, `export`. The classifier, with the layers of a projection head under it, is beside as supervised.safetensors.
 *
 * @param under the stage's folder for what survives interruptions
 */
export function saveNetwork(under: string, name: string, trained: TrainedNetwork): void {
  const { network, data, weights, steps, seed, precision } = trained;
  const folder = join(under, NETWORKS, name);
  const entries = Object.entries(weights);
  const isEncoder = ([name]: [string, unknown]) => name in network.weights.encoder;
  const metadata = { format: 'simclr', dataset: data.name };
  saveSafetensors(join(folder, ENCODER_WEIGHTS.encoder), Object.fromEntries(entries.filter(isEncoder)), metadata);
  const classifier = Object.fromEntries(entries.filter((entry) => !isEncoder(entry)));
  saveSafetensors(join(folder, ENCODER_WEIGHTS.supervised), classifier, metadata);
  writeEncoderInfo(folder, { ...network.info, dataset: data.name, policy: data.policy, steps, seed, precision });
}

/** Copies what `saveNetwork` wrote to what the stage publishes. */
export function publishNetworks(work: string, out: string): void {
  if (existsSync(join(work, NETWORKS))) cpSync(join(work, NETWORKS), join(out, NETWORKS), { recursive: true });
}
