// Our side of probe: fits of logistic regression from zero. Argument: OurProbe as JSON. Prints Measured.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { logisticRegression } from '@simclr/probe';
import { peakMB } from './peak-memory.ts';

export interface OurProbe {
  /** Of prepare-features.ts. */
  folder: string;
  dim: number;
  classes: number;
  l2: number;
  fits: number;
}

const { folder, dim, classes, l2, fits } = JSON.parse(process.argv[2]!) as OurProbe;
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
let objective = Number.NaN;
for (let fit = 0; fit < fits; fit++) {
  const started = performance.now();
  ({ objective } = logisticRegression(problem, l2));
  seconds.push((performance.now() - started) / 1000);
}
console.log(JSON.stringify({ seconds, rssMB: peakMB(), objective }));
