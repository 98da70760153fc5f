// A file of any kind becomes RGB pixels, whole and square, or is refused in words.
import { checkImage, squarePixels } from '@simclr/images';
import sharp from 'sharp';

const red = { create: { width: 30, height: 20, channels: 3, background: 'red' } } as const;
const file = await sharp(red).png().toBuffer();
console.log(await checkImage(file)); // { height: 20, width: 30 }
console.log([...(await squarePixels(file, 4))].slice(0, 3)); // [ 255, 0, 0 ]
await checkImage(file.subarray(0, 60)).catch(({ message }) => console.log(message.split(':')[0])); // truncated PNG
