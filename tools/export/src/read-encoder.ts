import { join } from 'node:path';
import { ENCODER_WEIGHTS, type Preprocessing, readEncoderInfo } from '@simclr/artifacts';
import { definitions, type EncodeArgs, loadSafetensors } from '@simclr/nn';
import type { DefinitionReference, Tree } from '@simclr/tensorflow';

/** An encoder as a function and its weights. */
export interface Encoder {
  reference: DefinitionReference & { args: EncodeArgs };
  weights: Tree;
  /** How images are brought to what it takes, as encoder.json says. */
  preprocessing: Preprocessing;
}

/**
 * Reads `encoder.json` and `encoder.safetensors`, which the stage pretrain writes.
 *
 * @throws UserError where one is missing or damaged
 */
export function readEncoder(folder: string): Encoder {
  const { architecture: network, inputShape, preprocessing } = readEncoderInfo(folder);
  return {
    reference: { module: definitions, export: 'encode', args: { network, inputShape } },
    weights: loadSafetensors(join(folder, ENCODER_WEIGHTS.encoder)).tensors,
    preprocessing,
  };
}
