import { PROTOCOLS, type Protocol } from '@simclr/artifacts';
import { fractionName } from '../charts.ts';
import type { Entry, Omission } from './entries.ts';

/** Classifiers of one protocol on so many labels: rows of one group are compared with each other. */
export interface Group {
  protocol: Protocol;
  /** `all labels`, `1 % of labels`, `5 labels a class`. */
  labels: string;
  lines: Line[];
}

/** What is one row of the table: by dataset the repetitions, over seeds and over draws of a few labels. */
export interface Line {
  name: string;
  kind: Entry['row']['features'];
  /** Whose it is, or, of a baseline that is the same for several encoders, the first's. */
  encoder: string;
  /** The same without the tap. */
  network: string;
  byDataset: Map<string, Entry[]>;
  /** Why there are none on any dataset. */
  omitted?: string;
}

/** Of what is there, or of what is left out. */
type Keyed = { row: Pick<Entry['row'], 'protocol' | 'labelFraction' | 'shots'> };

/** `all labels`, `1 % of labels`, `5 labels a class`. */
export const labelsOf = ({ row: { labelFraction, shots } }: Keyed): string =>
  shots === undefined ? fractionName(labelFraction) : `${shots} label${shots === 1 ? '' : 's'} a class`;

/** What they have learned from, most first. */
const byLabels = (a: Keyed, b: Keyed): number =>
  Number(a.row.shots !== undefined) - Number(b.row.shots !== undefined) ||
  b.row.labelFraction - a.row.labelFraction ||
  (b.row.shots ?? 0) - (a.row.shots ?? 0);

/** All rows of the table, by protocol and labels: encoders in their order, those left out, then what they are compared with. */
export function groupsOf(entries: readonly Entry[], omissions: readonly Omission[] = []): Group[] {
  return PROTOCOLS.flatMap((protocol) => {
    const of = <K extends Keyed>(all: readonly K[]) => all.filter(({ row }) => row.protocol === protocol);
    const [own, left] = [Map.groupBy(of(entries), labelsOf), Map.groupBy(of(omissions), labelsOf)];
    const labels = new Set([...of(entries), ...of(omissions)].toSorted(byLabels).map(labelsOf));
    return [...labels].map((each) => ({
      protocol,
      labels: each,
      // What begins at random weights is trained as the others are; features of them are not.
      lines: linesOf(own.get(each) ?? [], left.get(each) ?? [], protocol === 'fine-tune'),
    }));
  });
}

function linesOf(entries: readonly Entry[], omissions: readonly Omission[], trained: boolean): Line[] {
  const of = (kind: Line['kind']) => {
    const own = Map.groupBy(
      entries.filter(({ row }) => row.features === kind),
      ({ encoder }) => encoder,
    );
    return [...own].map(([encoder, some]): Line => {
      return {
        name: encoder,
        kind,
        encoder,
        network: some[0]!.network,
        byDataset: Map.groupBy(some, ({ row }) => row.dataset),
      };
    });
  };
  // One with numbers on other datasets has its row: what it lacks is told below the table.
  const without = omissions.filter(({ encoder }) => !entries.some((entry) => entry.encoder === encoder));
  const left = new Map(without.map(({ encoder, row }) => [encoder, row.reason]));
  return [
    ...of('pretrained'),
    ...[...left].map(([encoder, omitted]): Line => {
      return { name: encoder, kind: 'pretrained', encoder, network: encoder, byDataset: new Map(), omitted };
    }),
    ...baselines(of('random-init'), trained ? 'random init' : 'untrained'),
    ...baselines(of('pixels'), 'pixels'),
  ];
}

/** Baselines, one where those of several encoders are the same: networks of one architecture, images of one shape. */
function baselines(lines: readonly Line[], name: string): Line[] {
  const distinct: Line[] = [];
  for (const line of lines.map(once)) if (!distinct.some((other) => isSame(line, other))) distinct.push(line);
  return distinct.map((line) => ({ ...line, name: distinct.length > 1 ? `${name}, ${line.encoder}` : name }));
}

/** Without what is no repetition: an encoder's seeds have one untrained network, and the same pixels. */
const once = (line: Line): Line => {
  const byDataset = [...line.byDataset].map(([dataset, entries]): [string, Entry[]] => {
    const isFirst = (entry: Entry, at: number) =>
      !entries.slice(0, at).some((other) => other.row.draw === entry.row.draw && saidTheSame(other, entry));
    return [dataset, entries.filter(isFirst)];
  });
  return { ...line, byDataset: new Map(byDataset) };
};

const isSame = (a: Line, b: Line): boolean =>
  [...a.byDataset].every(([dataset, entries]) => {
    const others = b.byDataset.get(dataset) ?? [];
    return entries.length === others.length && entries.every((entry, i) => saidTheSame(entry, others[i]!));
  });

const saidTheSame = (a: Entry, b: Entry): boolean =>
  a.row.score === b.row.score &&
  a.prediction.predicted.every((predicted, i) => predicted === b.prediction.predicted[i]);
