import { DT, type GraphNode } from '../graph/graph-def.ts';
import type { Conversion } from './conversion.ts';
import { axisOf, entriesOf, TO_NCHW, TO_NHWC, TO_OIHW, transpose } from './layout.ts';
import { ELEMENT } from './model.ts';
import { integers, spatial } from './padding.ts';

/** Makes the ONNX nodes of a TensorFlow node. */
type Converter = (graph: Conversion, node: GraphNode) => void;

const flag = ({ attrs }: GraphNode, ...keys: string[]): number =>
  keys.some((key) => attrs[key]?.kind === 'bool' && attrs[key].value) ? 1 : 0;

/** One operand, or two that are broadcast, element by element. */
const elementwise =
  (op: string): Converter =>
  (graph, node) => {
    const rank = node.outputs[0]!.shape.length;
    graph.emit(
      op,
      node,
      node.inputs.map((_, input) => graph.value(node, input, rank)),
    );
  };

const same: Converter = (graph, node) => graph.name(node.name, graph.value(node, 0));

const conv: Converter = (graph, node) => {
  const kernel = graph.constant(node, 1) ?? graph.refuse(node, "has a kernel that depends on the model's input");
  const weights = graph.initializer(`${node.inputs[1]}/oihw`, transpose(kernel, TO_OIHW));
  graph.emit('Conv', node, [graph.value(node, 0), weights], {
    kernel_shape: kernel.shape.slice(0, 2),
    strides: spatial(node, 'strides'),
    dilations: spatial(node, 'dilations'),
    pads: integers(node, 'pads'),
    group: graph.shape(node, 0)[3]! / kernel.shape[2]!,
  });
};

const pool =
  (op: 'AveragePool' | 'MaxPool'): Converter =>
  (graph, node) => {
    graph.emit(op, node, [graph.value(node, 0)], {
      kernel_shape: spatial(node, 'ksize'),
      strides: spatial(node, 'strides'),
      pads: integers(node, 'pads'),
      ...(op === 'AveragePool' && { count_include_pad: flag(node, 'countPads') }),
    });
  };

const pad: Converter = (graph, node) => {
  const amounts = graph.numbers(node, 1, 'amounts');
  const [before, after] = [0, 1].map((end) => entriesOf(amounts.filter((_, i) => i % 2 === end)));
  const pads = graph.int64(`${node.name}/pads`, [...before!, ...after!]);
  const filler = node.op === 'PadV2' ? [graph.value(node, 2)] : [];
  graph.emit('Pad', node, [graph.value(node, 0), pads, ...filler]);
};

const mean: Converter = (graph, node) => {
  const rank = graph.rank(node, 0);
  const axes = graph.numbers(node, 1, 'axes').map((axis) => axisOf(axis, rank));
  const kept = flag(node, 'keep_dims');
  const rest = TO_NCHW.filter((_, axis) => !axes.includes(axis));
  const ordered = rest.every((axis, i) => i === 0 || rest[i - 1]! < axis);
  // Without its axes a value of four is no longer one of images, and one of five might become one.
  if (!kept && (rank === 4 ? !ordered : rank > 4)) graph.refuse(node, 'is over other axes than height and width');
  graph.emit('ReduceMean', node, [graph.value(node, 0)], { axes, keepdims: kept });
};

const matMul: Converter = (graph, node) => {
  if (node.outputs[0]!.shape.length !== 2) graph.refuse(node, 'has operands that are not matrices');
  const operands = [graph.value(node, 0), graph.value(node, 1)];
  const attrs = { transA: flag(node, 'adj_x', 'transpose_a'), transB: flag(node, 'adj_y', 'transpose_b') };
  graph.emit('Gemm', node, operands, attrs);
};

const reshape: Converter = (graph, node) => {
  const images = graph.rank(node, 0) === 4;
  const value = graph.value(node, 0);
  const plain = images ? graph.insert('Transpose', value, `${node.name}/nhwc`, { perm: TO_NHWC }) : value;
  const shape = graph.int64(`${node.name}/shape`, graph.numbers(node, 1, 'sizes'));
  graph.emit('Reshape', node, [plain, shape]);
  if (node.outputs[0]!.shape.length === 4) {
    graph.name(node.name, graph.insert('Transpose', node.name, `${node.name}/nchw`, { perm: TO_NCHW }));
  }
};

const softmax: Converter = (graph, node) =>
  graph.emit('Softmax', node, [graph.value(node, 0)], { axis: axisOf(-1, graph.rank(node, 0)) });

const split: Converter = (graph, node) => {
  const sizes = graph.int64(`${node.name}/sizes`, graph.numbers(node, 1, 'sizes'));
  const [axis] = graph.numbers(node, 2, 'axis');
  graph.emit('Split', node, [graph.value(node, 0), sizes], { axis: axisOf(axis!, graph.rank(node, 0)) });
};

const cast: Converter = (graph, node) => {
  const types: Record<number, number> = { [DT.float32]: ELEMENT.float32, [DT.int32]: ELEMENT.int32 };
  const [from, to] = [node.attrs.SrcT, node.attrs.DstT].map((attr) => (attr?.kind === 'type' ? types[attr.value] : 0));
  if (!from || !to) graph.refuse(node, 'is of other types than float32 and int32');
  if (from === to) same(graph, node);
  else graph.emit('Cast', node, [graph.value(node, 0)], { to: to! });
};

/** Ops that can be exported. */
export const CONVERTERS: Record<string, Converter> = {
  Add: elementwise('Add'),
  AddV2: elementwise('Add'),
  AvgPool: pool('AveragePool'),
  BatchMatMulV2: matMul,
  BiasAdd: elementwise('Add'),
  Cast: cast,
  Conv2D: conv,
  Identity: same,
  MatMul: matMul,
  MaxPool: pool('MaxPool'),
  Mean: mean,
  Mul: elementwise('Mul'),
  Pad: pad,
  PadV2: pad,
  RealDiv: elementwise('Div'),
  Relu: elementwise('Relu'),
  Reshape: reshape,
  Sigmoid: elementwise('Sigmoid'),
  Softmax: softmax,
  SplitV: split,
  Sub: elementwise('Sub'),
};
