// Our side of probe: fits of logistic regression from zero, or paths of several strengths. Argument: OurProbe as JSON. Prints Measured.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fitPath, logisticRegression } from '@simclr/probe';
import { peakMB } from './peak-memory.ts';

export interface OurProbe {
  /** Of prepare-features.ts. */
  folder: string;
  dim: number;
  classes: number;
  /** From strong to weak; of several, each fit starts from the one before it. */
  l2s: number[];
  fits: number;
}

const { folder, dim, classes, l2s, fits } = JSON.parse(process.argv[2]!) as OurProbe;
const read = (file: string) => {
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, file));
  return [buffer, byteOffset, byteLength / 4] as const;
};
const problem = {
  features: new Float32Array(...read('features.f32')),
  labels: new Int32Array(...read('labels.i32')),
  dim,
  classes,
};
const seconds: number[] = [];
let objectives: number[] = [];
for (let fit = 0; fit < fits; fit++) {
  const started = performance.now();
  const found = l2s.length > 1 ? fitPath(problem, l2s) : [logisticRegression(problem, l2s[0]!)];
  objectives = found.map(({ objective }) => objective);
  seconds.push((performance.now() - started) / 1000);
}
console.log(JSON.stringify({ seconds, rssMB: peakMB(), objectives }));
