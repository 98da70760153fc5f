// Reads the golden vectors beside it: small copies of numbers computed with the reference implementation.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { float32, sizeOf, type TensorData, type TensorFlow, type Tensors, type Tree, tf } from '@simclr/tensorflow';
import { loadSafetensors } from '../safetensors.ts';

export interface GoldenCase {
  name: string;
  params: Record<string, number | boolean | string | number[]>;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  tolerance: Record<string, unknown>;
  variables?: { rows: [index: number, name: string, shape: number[], role: string, trainable: boolean][] };
}

export interface Golden {
  cases: GoldenCase[];
  tensors: Tree;
  hashProbe: { values: [number, number, number][] };
}

/** The copy of a group beside this file. */
export function golden(group: string, folder = new URL('.', import.meta.url)): Golden {
  const path = (extension: string) => fileURLToPath(new URL(`${group}.${extension}`, folder));
  return { ...JSON.parse(readFileSync(path('json'), 'utf8')), tensors: loadSafetensors(path('safetensors')).tensors };
}

const WHOLE = new URL('../../../../../shared/golden/', import.meta.url);

/** A whole group, of which the copy leaves out what is large; undefined in a clone, which has no ../shared. */
export const wholeGolden = (group: string): Golden | undefined => (existsSync(WHOLE) ? golden(group, WHOLE) : undefined);

/** The rule's hash: uniform in [0, 1) of an index and a salt. */
export function hash(i: number, k: number): number {
  let x = (Math.imul(i, 0x9e3779b1) + Math.imul(k, 0x85ebca77) + 0xc2b2ae3d) >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d) >>> 0;
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b) >>> 0;
  x ^= x >>> 16;
  return (x >>> 0) / 4294967296;
}

const RULES: Record<string, (u: number, fanIn: number) => number> = {
  kernel: (u, fanIn) => ((2 * u - 1) * Math.sqrt(3)) / Math.sqrt(fanIn),
  gamma: (u) => 1 + 0.25 * (2 * u - 1),
  beta: (u) => 0.1 * (2 * u - 1),
  bias: (u) => 0.1 * (2 * u - 1),
  moving_mean: (u) => 0.1 * (2 * u - 1),
  moving_variance: (u) => 1 + 0.5 * u,
};

/** The rule's images, [n, size, size, 3]. */
export function ruleImages({ params }: GoldenCase): TensorData {
  const [count, size, salt] = [params.batch, params.image_size, params.salt_input] as [number, number, number];
  const data = new Float32Array(count * size * size * 3);
  for (let at = 0; at < data.length; at++) {
    const c = at % 3;
    const w = Math.floor(at / 3) % size;
    const h = Math.floor(at / (3 * size)) % size;
    const n = Math.floor(at / (3 * size * size));
    const coarse = hash(((n * 64 + (h >> 2)) * 64 + (w >> 2)) * 4 + c, salt);
    data[at] = (0.6 * coarse + 0.4 * hash(at, salt + 1)) * (((n + 1) / count) * 0.6 + 0.4);
  }
  return float32([count, size, size, 3], data);
}

/** Values of a case's variables by the rule, under our names: both lists are in creation order. */
export function ruleVariables({ variables, params }: GoldenCase, names: string[]): { tree: Tree; ours: Map<number, string> } {
  const { rows } = variables!;
  if (rows.length !== names.length) throw new Error(`${names.length} variables, expected ${rows.length}`);
  const tree: Tree = {};
  const ours = new Map<number, string>();
  rows.forEach(([index, , shape, role], at) => {
    const name = names[at]!;
    if (!name.endsWith(role)) throw new Error(`${name} in the place of a ${role}`);
    const fanIn = sizeOf(shape.slice(0, -1));
    const salt = (params.salt_variables as number) + index;
    tree[name] = float32(shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => RULES[role]!(hash(i, salt), fanIn)));
    ours.set(index, name);
  });
  return { tree, ours };
}

/** Names of a model's variables in the reference's creation order: batch norm makes gamma, beta, moving mean, moving variance. */
export function creationOrder({ params, stats }: { params: Tree; stats: Tree }): string[] {
  const names = Object.keys(params);
  return names.flatMap((name, i) => {
    const layer = name.slice(0, name.lastIndexOf('/'));
    const lastOfNorm = `${layer}/moving_mean` in stats && names[i + 1] !== `${layer}/beta`;
    return lastOfNorm ? [name, `${layer}/moving_mean`, `${layer}/moving_variance`] : [name];
  });
}

export const toTensors = (tree: Tree): Tensors =>
  Object.fromEntries(Object.entries(tree).map(([name, { data, shape, dtype }]) => [name, tf.tensor(data, shape, dtype)]));

type Values = ArrayLike<number>;

export const valuesOf = (tensor: TensorFlow.Tensor): Float32Array => tensor.dataSync() as Float32Array;

/** ‖a − b‖ / ‖b‖. */
export function relL2(a: Values, b: Values): number {
  if (a.length !== b.length) throw new Error(`${a.length} values, expected ${b.length}`);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
  }
  return norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
}

/** Largest |a − b| − rtol·|b|: within the tolerance where it is at most atol. */
export function excess(a: Values, b: Values, rtol = 0): number {
  if (a.length !== b.length) throw new Error(`${a.length} values, expected ${b.length}`);
  let worst = 0;
  for (let i = 0; i < b.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!) - rtol * Math.abs(b[i]!));
  return worst;
}
