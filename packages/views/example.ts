// Views in worker threads: pure functions of (policy, seed, epoch, image, view number), whoever makes them.
import { startViewLoader } from '@simclr/views';

const images = { data: new Uint8Array(20 * 8 * 8 * 3).fill(128), shape: [8, 8, 3] as const, rows: 20 };
const policy = 'crop|flip|color_jitter(0.5)|grayscale';
const loader = startViewLoader({ images, policy, seed: 1, batch: 4, totalSteps: 5, workers: 2 });
const { views, images: chosen } = await loader.next(0);
console.log(views.length === 2 * 4 * 8 * 8 * 3, chosen.length); // true 4
await loader.close();
