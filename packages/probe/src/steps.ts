/**
 * Work that can be left between its parts, each of a second or so: whoever does it step by step can listen to signals in
 * between, and ends it by `return()`.
 */
export type Steps<T> = Generator<void, T, void>;

/** All of it at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
