/** A measured pass is so many batches of so many pairs: views differ in what they cost, passes hardly. */
export interface Passes {
  batch: number;
  batches: number;
  passes: number;
}

/** Steps that `measurePasses` asks for: a pass more, which warms up. */
export const stepsOf = ({ batches, passes }: Passes): number => batches * (passes + 1);

/**
 * Seconds of CPU time a view, of each pass.
 * @param make makes the views of a step
 */
export async function measurePasses(
  { batch, batches, passes }: Passes,
  make: (step: number) => Promise<void>,
): Promise<number[]> {
  const seconds: number[] = [];
  for (let pass = 0; pass <= passes; pass++) {
    const before = process.cpuUsage();
    for (let i = 0; i < batches; i++) await make(pass * batches + i);
    const { user, system } = process.cpuUsage(before);
    if (pass > 0) seconds.push((user + system) / 1e6 / (2 * batch * batches));
  }
  return seconds;
}
