import { type TensorFlow, tf } from '../load.ts';
import { type NativeAttr, native } from '../trace/binding.ts';
import { attrs, rawOp } from './raw.ts';

const FLOAT = 1;
const DOUBLE = 2;

const type = (name: string, value: number): NativeAttr => ({ name, type: native.TF_ATTR_TYPE, value });
const bool = (name: string, value: boolean): NativeAttr => ({ name, type: native.TF_ATTR_BOOL, value });

/** Handles of native tensors of one computation: tfjs has no float64 tensor that could hold them. */
function arena() {
  const held = new Set<number>();
  const keep = (id: number): number => {
    held.add(id);
    return id;
  };
  const op = (name: string, attrs: NativeAttr[], ...inputs: number[]): number =>
    keep(native.executeOp(name, attrs, inputs, 1)[0]!.id);
  const cast = (id: number, from: number, to: number): number =>
    op('Cast', [type('SrcT', from), type('DstT', to), bool('Truncate', false)], id);
  return {
    keep,
    op,
    cast,
    /** float32 values as float64. */
    write: (values: Float32Array, shape: number[]): number =>
      cast(keep(native.createTensor(shape, FLOAT, values)), FLOAT, DOUBLE),
    read: (id: number): Float32Array => native.tensorDataSync(cast(id, DOUBLE, FLOAT)) as Float32Array,
    /** Frees all handles but one. */
    clear(except?: number): void {
      for (const id of held) if (id !== except) native.deleteTensor(id);
      held.clear();
    },
  };
}

/** A Cholesky factor L, kept in TensorFlow until it is disposed of. */
export interface CholeskyFactor {
  /**
   * L⁻¹ b, or L⁻ᵀ b, in single precision.
   * @param b [d, columns], row-major; neither kept nor changed
   */
  solve(b: Float32Array, options?: { transposed?: boolean }): Float32Array;
  dispose(): void;
}

/**
 * Factors A = L Lᵀ in double precision (`Cholesky`, Eigen's blocked algorithm: 0.4 s for d = 3072), since rounding would
 * leave an ill-conditioned matrix indefinite. The factor is kept, and solved with, in single precision: it serves as a change
 * of variables, and a third of the time of a fit to 2,048 features of 102 classes went into solving in double.
 *
 * @param a symmetric [d, d], row-major; its lower triangle is read
 * @returns undefined where the matrix is not positive definite
 */
export function cholesky(a: Float32Array): CholeskyFactor | undefined {
  const d = Math.round(Math.sqrt(a.length));
  const { op, write, read, clear } = arena();
  let factor: number | undefined;
  try {
    factor = op('Cholesky', [type('T', DOUBLE)], write(a, [d, d]));
    // The kernel says so by NaNs, and by a warning that nobody sees.
    const last = read(op('MatrixDiagPart', [type('T', DOUBLE)], factor))[d - 1]!;
    if (Number.isNaN(last)) factor = undefined;
  } finally {
    clear(factor);
  }
  if (factor === undefined) return undefined;
  const l = arena().cast(factor, DOUBLE, FLOAT);
  native.deleteTensor(factor);
  return {
    solve(b, { transposed = false } = {}) {
      const scratch = arena();
      try {
        const how = [type('T', FLOAT), bool('lower', true), bool('adjoint', transposed)];
        const given = scratch.keep(native.createTensor([d, b.length / d], FLOAT, b));
        return native.tensorDataSync(scratch.op('MatrixTriangularSolve', how, l, given)) as Float32Array;
      } finally {
        scratch.clear();
      }
    },
    dispose: () => native.deleteTensor(l),
  };
}

/**
 * A = Q R, Q of orthonormal columns [m, n] and R upper triangular [n, n], in float32 (`Qr`).
 * @param a [m, n], n ≤ m
 */
export function qr(a: TensorFlow.Tensor2D): { q: TensorFlow.Tensor2D; r: TensorFlow.Tensor2D } {
  const [q, r] = rawOp('Qr', attrs({ full_matrices: false }), [a], 2) as [TensorFlow.Tensor2D, TensorFlow.Tensor2D];
  return { q, r };
}

/**
 * A = Q diag(e) Qᵀ of a symmetric matrix, in float32 (`SelfAdjointEigV2`): 0.06 s for d = 512, 0.8 s for 1,280.
 * @param a symmetric [d, d], row-major, finite
 * @returns e ascending, and Q [d, d], whose columns belong to them
 */
export function eigh(a: Float32Array, d: number): { values: Float32Array; vectors: TensorFlow.Tensor2D } {
  const [e, q] = tf.tidy(() => rawOp('SelfAdjointEigV2', attrs({ compute_v: true }), [tf.tensor2d(a, [d, d])], 2));
  const values = e!.dataSync() as Float32Array;
  e!.dispose();
  return { values, vectors: q as TensorFlow.Tensor2D };
}
