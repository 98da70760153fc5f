import { UserError } from '@simclr/stage';
import { DT, type GraphNode, parseInput } from '../graph/graph-def.ts';
import { constantOf } from '../passes/evaluate-constants.ts';
import { sizeOf, type TensorData } from '../tensors.ts';
import { TO_NCHW, transpose } from './layout.ts';
import type { Initializer, OnnxAttr, OnnxNode } from './model.ts';

/** An ONNX graph in the making, from the nodes of a TensorFlow graph. */
export class Conversion {
  readonly nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #sources: ReadonlyMap<string, GraphNode>;
  /** ONNX values of TensorFlow's outputs, by `node` or `node:port`. */
  readonly #values = new Map<string, string>();
  /** Names of inputs and of what nodes make: ONNX has one space of names. */
  readonly #taken: Set<string>;

  /** @param inputs names of the model's inputs */
  constructor(nodes: readonly GraphNode[], inputs: readonly string[]) {
    this.#taken = new Set(inputs);
    this.#sources = new Map(nodes.map((node) => [node.name, node]));
  }

  get initializers(): Initializer[] {
    return [...this.#initializers.values()];
  }

  /** Throws: this node cannot be exported as it is. */
  refuse({ name, op }: GraphNode, why: string): never {
    throw new UserError(`cannot export to onnx: ${name} (${op}) ${why}`);
  }

  /** Shape of a node's input as the trace had it: the first size is not the model's where it is open. */
  shape(node: GraphNode, input: number): readonly number[] {
    const { name, port } = parseInput(node.inputs[input]!);
    return this.#sources.get(name)!.outputs[port]!.shape;
  }

  rank(node: GraphNode, input: number): number {
    return this.shape(node, input).length;
  }

  /** Value of an input that is a constant of float32 or int32. */
  constant(node: GraphNode, input: number): TensorData | undefined {
    const constant = constantOf(this.#sources.get(parseInput(node.inputs[input]!).name)!);
    if (constant?.dtype !== DT.float32 && constant?.dtype !== DT.int32) return undefined;
    const { buffer } = Uint8Array.from(constant.raw);
    const shape = [...constant.shape];
    if (constant.dtype === DT.int32) return { shape, dtype: 'int32', data: new Int32Array(buffer) };
    return { shape, dtype: 'float32', data: new Float32Array(buffer) };
  }

  /** Elements of an input that must be a constant, such as the axes of a mean. */
  numbers(node: GraphNode, input: number, what: string): number[] {
    const constant = this.constant(node, input) ?? this.refuse(node, `has ${what} that depend on the model's input`);
    return [...constant.data];
  }

  /**
   * Name of an input's ONNX value, [n, c, h, w] where it has four axes.
   * @param rank of the values that it is broadcast against; default its own
   */
  value(node: GraphNode, input: number, rank = this.rank(node, input)): string {
    const text = node.inputs[input]!;
    const own = this.rank(node, input);
    const constant = this.constant(node, input);
    if (constant) {
      if (rank !== 4 || own === 0) return this.initializer(text, constant);
      const shape = [...Array<number>(4 - own).fill(1), ...constant.shape];
      return this.initializer(`${text}/nchw`, transpose({ ...constant, shape }, TO_NCHW));
    }
    if (own !== rank && own !== 0 && [own, rank].includes(4)) {
      this.refuse(node, `broadcasts ${own} axes that depend on the model's input to ${rank}`);
    }
    const value = this.#values.get(text);
    if (value === undefined) throw new Error(`no value: ${text} of ${node.name}`);
    return value;
  }

  /** Name of a constant of the graph. */
  initializer(name: string, { shape, data }: Omit<Initializer, 'name'>): string {
    this.#initializers.set(name, { name, shape, data });
    return name;
  }

  /** Name of a constant of int64, as shapes and sizes are. */
  int64(name: string, values: readonly number[]): string {
    return this.initializer(name, { shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  /** Makes a node of an output for each of TensorFlow's. */
  emit(op: string, node: GraphNode, inputs: readonly string[], attrs: Record<string, OnnxAttr> = {}): void {
    const outputs = node.outputs.map((_, port) => (port === 0 ? node.name : `${node.name}:${port}`));
    this.#add({ op, inputs, outputs, attrs });
    for (const output of outputs) this.name(output, output);
  }

  /** Makes a node that TensorFlow's graph does not have. */
  insert(op: string, input: string, output: string, attrs: Record<string, OnnxAttr> = {}): string {
    this.#add({ op, inputs: [input], outputs: [output], attrs });
    return output;
  }

  #add(node: OnnxNode): void {
    for (const output of node.outputs) {
      if (this.#taken.has(output)) throw new UserError(`cannot export to onnx: two values are named ${output}`);
      this.#taken.add(output);
    }
    this.nodes.push(node);
  }

  /** Gives TensorFlow's output an ONNX value. */
  name(output: string, value: string): void {
    this.#values.set(output, value);
  }

  /** Bytes of all constants. */
  get bytes(): number {
    return this.initializers.reduce((sum, { shape, data }) => sum + sizeOf(shape) * data.BYTES_PER_ELEMENT, 0);
  }
}
