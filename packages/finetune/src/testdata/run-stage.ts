// Runs the stage on the stripes of a folder in a process of its own, to be killed. Arguments: the folder, a name for the run.
import { memoryLog } from '@simclr/stage';
import stage from '../stage.ts';
import { configOf, contextOf } from './stripes.ts';

const [dir, name] = process.argv.slice(2);
const log = {
  ...memoryLog(),
  info: (message: string) => console.log(message),
  metrics: (metrics: Record<string, number>, step = 0) => console.log(`${Object.keys(metrics)[0]} ${step}`),
};
const config = configOf({
  grid: { learningRates: [0.05, 0.2], weightDecays: [1e-3], steps: 48, batch: 16 },
  checkpointSeconds: 0.02,
});
await stage.run({ ...contextOf(dir!, name!, config), log, signal: new AbortController().signal });
