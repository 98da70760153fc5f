import type { Examined, Row } from './examine.ts';
import { error, type Finding } from './finding.ts';
import type { Subject } from './subject.ts';

/** Names of classes against the official ones, and labels against what the images' paths say. */
export const judgeLabels = (subject: Subject, { rows }: Examined): Finding[] => [
  ...classNames(subject),
  ...againstPaths(subject, rows),
  ...difficult(subject, rows),
];

function classNames({ name, classes, published }: Subject): Finding[] {
  const official = published?.official.classes;
  const twice = classes.find((each, i) => classes.indexOf(each) < i);
  const findings = twice === undefined ? [] : [error('class name given twice', `${name}: ${twice}`)];
  if (!official) return findings;
  if (classes.length !== official.length)
    return [
      ...findings,
      error('wrong number of classes', `${name} has ${classes.length}. expected ${official.length}`),
    ];
  const wrong = official.flatMap((each, i) => (classes[i] === each ? [] : [i]));
  if (wrong.length === 0) return findings;
  const [i] = wrong as [number];
  const first = `label ${i} is ${JSON.stringify(classes[i])}. expected ${JSON.stringify(official[i])}`;
  const by = [1, -1].find(
    (step) => wrong.filter((k) => classes[k] === official.at((k + step) % official.length)).length > wrong.length / 2,
  );
  const thing = by ? 'shifted class names' : 'wrong class names';
  return [
    ...findings,
    error(
      thing,
      `${wrong.length} of the ${official.length} of ${name}: ${first}${by ? ', the name of its neighbour' : ''}`,
    ),
  ];
}

/** What a path says of its image's class: a folder's name, or a file's without its number. */
const saidBy = (path: string): string[] => {
  const parts = path.replace(/\.\w+$/, '').split('/');
  const folders = parts.slice(0, -1).map((_, i) => parts.slice(i, -1).join('/'));
  return [...folders, parts.at(-1)!.replace(/[-_]\d+$/, '')];
};

/** Where paths say the class, labels have to say the same. */
function againstPaths({ name, classes, published }: Subject, rows: readonly Row[]): Finding[] {
  const { folders } = published?.official ?? {};
  const labels = new Map((folders ?? classes).map((each, i) => [each, i]));
  const said = rows.flatMap((row) => {
    const word = row.path === undefined ? undefined : saidBy(row.path).find((each) => labels.has(each));
    return word === undefined || typeof row.label !== 'number' ? [] : [{ row, word }];
  });
  // Where few do, names are classes by chance.
  if (!folders && said.length < rows.length / 2) return [];
  const wrong = said.filter(({ row, word }) => labels.get(word) !== row.label);
  if (wrong.length === 0) return [];
  const [{ row, word }] = wrong as [(typeof wrong)[0]];
  const steps = new Set(
    wrong.map(({ row, word }) => ((row.label as number) - labels.get(word)! + classes.length) % classes.length),
  );
  const off =
    steps.size === 1 && wrong.length === said.length ? `, each off by ${offBy([...steps][0]!, classes.length)}` : '';
  return [
    error(
      'wrong labels',
      `${wrong.length} of ${said.length} of ${name} are not what their paths say${off}: ${row.name} is labelled ${classes[row.label as number]}, not ${word}`,
    ),
  ];
}

const offBy = (step: number, classes: number): number => (step > classes / 2 ? step - classes : step);

/** An object that is marked difficult makes an image neither right nor wrong for its class: every split has such. */
function difficult({ name }: Subject, rows: readonly Row[]): Finding[] {
  const several = rows.filter(({ label }) => typeof label !== 'number');
  return [...Map.groupBy(several, ({ split }) => split)].flatMap(([split, own]) =>
    own.some(({ label }) => (label as Int8Array).includes(0))
      ? []
      : [
          error(
            'difficult counted',
            `${name}/${split} has no class that is there only as difficult: they were counted, or left out`,
          ),
        ],
  );
}
