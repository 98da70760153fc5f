/** Datasets of the paper's transfer experiments, in the order of its tables; names are those of the stage `ingest`. */
export const PAPER_DATASETS = [
  { dataset: 'food101', short: 'Food' },
  { dataset: 'cifar10', short: 'C10' },
  { dataset: 'cifar100', short: 'C100' },
  { dataset: 'birdsnap', short: 'Birds' },
  { dataset: 'sun397', short: 'SUN' },
  { dataset: 'cars', short: 'Cars' },
  { dataset: 'aircraft', short: 'Aircr' },
  { dataset: 'voc2007', short: 'VOC' },
  { dataset: 'dtd', short: 'DTD' },
  { dataset: 'pets', short: 'Pets' },
  { dataset: 'caltech101', short: 'Calt' },
  { dataset: 'flowers', short: 'Flow' },
] as const;

/** A line of the paper's table. */
export interface PaperRow {
  protocol: 'linear' | 'fine-tune';
  network: string;
  method: 'SimCLR' | 'supervised' | 'random init';
  source: string;
  /** Per cent by each dataset's metric, in the order of `PAPER_DATASETS`. */
  values: readonly number[];
}

const rows = (network: string, source: string, of: readonly [PaperRow['protocol'], PaperRow['method'], string][]) =>
  of.map(
    ([protocol, method, values]): PaperRow => ({
      protocol,
      network,
      method,
      source,
      values: values.split(' ').map(Number),
    }),
  );

/** Chen, Kornblith, Norouzi, Hinton: A simple framework for contrastive learning of visual representations, ICML 2020. */
export const PAPER_ROWS: readonly PaperRow[] = [
  ...rows('R50 4x', 'Table 8', [
    ['linear', 'SimCLR', '76.9 95.3 80.2 48.4 65.9 60.0 61.2 84.2 78.9 89.2 93.9 95.0'],
    ['linear', 'supervised', '75.2 95.7 81.2 56.4 64.9 68.8 63.8 83.8 78.7 92.3 94.1 94.2'],
    ['fine-tune', 'SimCLR', '89.4 98.6 89.0 78.2 68.1 92.1 87.0 86.6 77.8 92.1 94.1 97.6'],
    ['fine-tune', 'supervised', '88.7 98.3 88.7 77.8 67.0 91.4 88.0 86.5 78.8 93.2 94.2 98.0'],
    ['fine-tune', 'random init', '88.3 96.0 81.9 77.0 53.7 91.3 84.8 69.4 64.1 82.7 72.5 92.5'],
  ]),
  ...rows('R50 1x', 'Table B.5', [
    ['linear', 'SimCLR', '68.4 90.6 71.6 37.4 58.8 50.3 50.3 80.5 74.5 83.6 90.3 91.2'],
    ['linear', 'supervised', '72.3 93.6 78.3 53.7 61.9 66.7 61.0 82.8 74.9 91.5 94.5 94.7'],
    ['fine-tune', 'SimCLR', '88.2 97.7 85.9 75.9 63.5 91.3 88.1 84.1 73.2 89.2 92.1 97.0'],
    ['fine-tune', 'supervised', '88.3 97.5 86.4 75.8 64.3 92.1 86.0 85.0 74.6 92.1 93.3 97.6'],
    ['fine-tune', 'random init', '86.9 95.9 80.2 76.1 53.6 91.4 85.9 67.3 64.8 81.5 72.6 92.0'],
  ]),
];
