/** A tensor that a graph takes or gives, as its file says it; null for an open dimension, undefined for an open rank. */
export interface GraphTensor {
  /** By which it is fed or fetched. */
  name: string;
  /** By which it is called. */
  key: string;
  shape: (number | null)[] | undefined;
  float32: boolean;
}

/** What a graph's file says of it, whatever program it is of. */
export interface GraphFile {
  format: 'onnx' | 'saved-model';
  inputs: GraphTensor[];
  outputs: GraphTensor[];
  /** The preprocessing that it carries: JSON, as the exports here write it. */
  preprocessing?: string | undefined;
  /** Files beside it that it needs, by their names. */
  beside: string[];
  /** @throws UserError where the graph of that output is in training mode */
  refuseTraining(output: string): void;
  parameters(output: string): number;
  /** Floating-point operations for one image as `countFlops` counts them; null where the file does not say enough, absent where it has to run. */
  flops?(output: string): number | null;
}
