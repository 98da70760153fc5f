import { readFileSync } from 'node:fs';

/** A tensor stored beside the cases. */
export interface Ref {
  tensor: string;
}

/** Reads a golden file: its cases, and the values of a stored tensor. */
export function readGolden<Case extends { name: string }>(file: string) {
  const { cases, tensors } = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as {
    cases: Case[];
    tensors: Record<string, { shape: number[]; dtype: string; base64: string }>;
  };
  function values(ref: Ref | undefined): Float64Array {
    const { dtype, base64 } = tensors[ref!.tensor]!;
    const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
    if (dtype === 'float64') return new Float64Array(buffer);
    return Float64Array.from(dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer));
  }
  return {
    values,
    floats: (ref: Ref | undefined) => Float32Array.from(values(ref)),
    ints: (ref: Ref | undefined) => Int32Array.from(values(ref)),
    /** Name and case, of those whose name starts so. */
    starting: (prefix: string) => cases.filter((c) => c.name.startsWith(prefix)).map((c) => [c.name, c] as const),
  };
}
