// Results of several draws of the labels, taken together as the page shows them.
import { summarise } from '@simclr/report';

const of = { dataset: 'digits', features: 'pretrained', labelFraction: 1, trainRows: 1500, testRows: 297 } as const;
const rows = [0.8, 0.84].map((score, draw) => ({ ...of, draw, score }));
console.log(summarise(rows)[0]?.by.pretrained?.mean.toFixed(2)); // 0.82
