/** A graph of another program, in whatever runs it. */
export interface GraphSession {
  /**
   * @param values [n, h, w, c] or [n, c, h, w], as the graph takes them
   * @param shape of the values
   * @returns the output that features are made of
   */
  run(values: Float32Array, shape: readonly number[]): Promise<GraphOutput>;
  dispose(): void;
}

export interface GraphOutput {
  data: Float32Array;
  shape: readonly number[];
}
