/** Operations of a step under which an op is too short to be shared out. */
const SMALL_STEP = 1.5e9;

/**
 * Threads within an op for a train step, or undefined to leave it at the cores. In a small step the threads of an op
 * mostly wake and wait for one another: with one a ResNet-18 of width 8 on 8 pairs (0.8 GFLOP) takes 0.67 of the time, on
 * 32 pairs (3.4 GFLOP) 1.15 of it (AMD Zen 5, 2 cores, fp32). Ops still run side by side.
 *
 * @param flops of what goes through the network at a time: of a chunk, where a step goes chunk by chunk
 */
export const threadsWithinOp = (flops: number): number | undefined => (flops < SMALL_STEP ? 1 : undefined);
