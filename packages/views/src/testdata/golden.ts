import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Jitter } from '../ops/jitter.ts';

export type Shape = [number, number, number];
/** Parameters of all kinds of case together; a case has those that its operation takes. */
export interface Params {
  factor: number;
  delta: number;
  radius: number;
  sigma: number;
  height: number;
  width: number;
  proportion: number;
  kind: string;
  impl: string;
  box: number[];
  flip: boolean;
  jitter: boolean;
  grayscale: boolean;
  order: number[];
  brightness: number;
  brightness_delta?: number;
  contrast: number;
  saturation: number;
  hue: number;
}
export interface Case {
  name: string;
  inputs: Record<string, { tensor: string }>;
  params: Params;
  outputs: Record<string, { tensor: string }>;
  tolerance: { atol: number };
}

/** The golden file's cases, as the metadata of their tensors. */
const file = gunzipSync(readFileSync(new URL('./augment.safetensors.gz', import.meta.url)));
const headerLength = Number(file.readBigUInt64LE());
const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<
  string,
  { dtype: 'F32' | 'I32'; shape: Shape; data_offsets: [number, number] }
> & { __metadata__: { cases: string } };
export const cases = JSON.parse(header.__metadata__.cases) as Case[];

export function tensor(name: string): { shape: Shape; data: Float32Array } {
  const { shape, dtype, data_offsets } = header[name]!;
  const [start, end] = data_offsets.map((offset) => 8 + headerLength + offset);
  const { buffer } = Uint8Array.from(file.subarray(start, end));
  return { shape, data: dtype === 'I32' ? Float32Array.from(new Int32Array(buffer)) : new Float32Array(buffer) };
}

/** A case's draws. */
export const jitterOf = (p: Params): Jitter => ({
  order: Uint8Array.from(p.order),
  brightnessFactor: p.impl === 'simclrv1' ? 1 : p.brightness,
  brightnessDelta: p.brightness_delta ?? 0,
  contrast: p.contrast,
  saturation: p.saturation,
  hue: p.hue,
  torchvision: false,
});

