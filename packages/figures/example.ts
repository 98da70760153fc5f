// The confusions of three classes, as a picture.
import { confusionChart } from '@simclr/figures';

const svg = await confusionChart([8, 1, 1, 0, 9, 1, 3, 0, 7], ['cat', 'dog', 'eel'], 'pets');
console.log(svg.match(/aria-label="eel as cat: 3 of 10"/g)?.length); // 1
