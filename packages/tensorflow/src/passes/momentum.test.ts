import { describe, expect, it } from 'vitest';
import { DT, type GraphNode } from '../graph/graph-def.ts';
import { fuseMomentum } from './momentum.ts';

const SHAPES: Record<string, number[]> = { lr: [], m: [], rates: [4], one: [1] };
const node = (name: string, op: string, ...inputs: string[]): GraphNode => ({
  name,
  op,
  inputs,
  attrs: {},
  outputs: [{ dtype: DT.float32, shape: SHAPES[name] ?? [4] }],
});
const variable = (name: string) => [node(name, 'VarHandleOp'), node(`${name}/read`, 'ReadVariableOp', name)];
const assign = (name: string, value: string) =>
  node(`${name}/assign`, 'AssignVariableOp', name, value, `^${name}/read`);
const start = [
  ...variable('w'),
  ...variable('v'),
  ...['lr', 'm', 'g', 'rates', 'one'].map((name) => node(name, 'Placeholder')),
];
const finish = [assign('v', 'new v'), assign('w', 'new w'), node('out_0', 'Identity', 'g', '^v/assign', '^w/assign')];
const sgd = (velocity: GraphNode[], update: GraphNode[]) => [...start, ...velocity, ...update, ...finish];
const decayed = node('decayed', 'Mul', 'v/read', 'm');
const sum = node('new v', 'AddV2', 'decayed', 'g');
const scaled = node('scaled', 'Mul', 'new v', 'lr');
const difference = node('new w', 'Sub', 'w/read', 'scaled');

const updates = (nodes: GraphNode[]) => nodes.filter(({ op }) => /Assign|Momentum/.test(op)).map(({ op }) => op);

describe('fuseMomentum', () => {
  it('makes one op of it, which waits for both reads and which the outputs wait for', () => {
    const fused = fuseMomentum(sgd([decayed, sum], [scaled, difference]));
    expect(updates(fused)).toEqual(['ResourceApplyMomentum']);
    const apply = fused.find(({ op }) => op === 'ResourceApplyMomentum')!;
    expect(apply.inputs).toEqual(['w', 'v', 'lr', 'g', 'm', '^w/read', '^v/read']);
    expect(fused.find(({ name }) => name === 'out_0')!.inputs).toEqual(['g', '^w/momentum']);
    const names = fused.map(({ name }) => name);
    for (const gone of ['decayed', 'new v', 'scaled', 'new w']) expect(names).not.toContain(gone);
  });

  it.each([
    ['factors first', [node('decayed', 'Mul', 'm', 'v/read'), sum], [node('scaled', 'Mul', 'lr', 'new v'), difference]],
    ['gradient first', [decayed, node('new v', 'AddV2', 'g', 'decayed')], [scaled, difference]],
    ['no rate outside the velocity', [decayed, sum], [node('new w', 'Sub', 'w/read', 'new v')]],
  ])('also with %s', (_, velocity, update) => {
    expect(updates(fuseMomentum(sgd(velocity, update)))).toEqual(['ResourceApplyMomentum']);
  });

  it.each([
    ['', node('ahead', 'AddV2', 'carried', 'g')],
    [', gradient first', node('ahead', 'AddV2', 'g', 'carried')],
  ])("knows Nesterov's step%s", (_, ahead) => {
    const step = [node('carried', 'Mul', 'new v', 'm'), ahead, node('scaled', 'Mul', 'ahead', 'lr'), difference];
    const fused = fuseMomentum(sgd([decayed, sum], step));
    expect(updates(fused)).toEqual(['ResourceApplyMomentum']);
    const apply = fused.find(({ op }) => op === 'ResourceApplyMomentum')!;
    expect(apply.inputs.slice(0, 5)).toEqual(['w', 'v', 'lr', 'g', 'm']);
    expect(apply.attrs.use_nesterov).toEqual({ kind: 'bool', value: true });
  });

  it.each([
    ['a rate for each element', [decayed, sum], [node('scaled', 'Mul', 'new v', 'rates'), difference]],
    ['a decay for each element', [node('decayed', 'Mul', 'v/read', 'rates'), sum], [scaled, difference]],
    ['a gradient that is broadcast', [decayed, node('new v', 'AddV2', 'decayed', 'one')], [scaled, difference]],
    ['another variable than its own', [decayed, sum], [scaled, node('new w', 'Sub', 'v/read', 'scaled')]],
    ['a sum in place of the difference', [decayed, sum], [scaled, node('new w', 'AddV2', 'w/read', 'scaled')]],
    ['a look ahead', [decayed, sum], [node('ahead', 'AddV2', 'new v', 'g'), node('new w', 'Sub', 'w/read', 'ahead')]],
    [
      'a look ahead by another momentum',
      [decayed, sum],
      [
        node('carried', 'Mul', 'new v', 'lr'),
        node('ahead', 'AddV2', 'carried', 'g'),
        node('new w', 'Sub', 'w/read', 'ahead'),
      ],
    ],
  ])('leaves %s as it is', (_, velocity, update) => {
    const nodes = sgd(velocity, update);
    expect(fuseMomentum(nodes)).toEqual(nodes);
  });

  it('keeps the new velocity where something else uses it', () => {
    const nodes = [...sgd([decayed, sum], [scaled, difference]), node('out_1', 'Identity', 'new v')];
    const names = fuseMomentum(nodes).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['decayed', 'new v', 'w/momentum', 'out_1']));
  });

  it('fuses one of two weights that share a velocity, since each update would change it', () => {
    const second = [...variable('u'), node('new u', 'Sub', 'u/read', 'scaled'), assign('u', 'new u')];
    const fused = fuseMomentum([...sgd([decayed, sum], [scaled, difference]), ...second]);
    expect(updates(fused)).toEqual(['ResourceApplyMomentum', 'AssignVariableOp']);
  });
});
