// What the stage would write, told before anything is fetched.
import plan from '@simclr/ingest/plan';
import stage from '@simclr/ingest/stage';
import { parseConfig } from '@simclr/stage';

const config = parseConfig(stage.config, { datasets: ['digits'] }, 'ingest', 'example.ts');
console.log(plan(config).datasets?.digits?.shape); // [ 8, 8, 1 ]
