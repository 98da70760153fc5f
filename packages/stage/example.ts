// A stage: a function from a config and input folders to an output folder.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineStage, memoryLog, parseConfig, writeJson, z } from '@simclr/stage';

const count = defineStage({
  name: 'count',
  config: z.strictObject({ to: z.int().default(3) }),
  async run({ config: { to }, out }) {
    writeJson(join(out, 'count.json'), { to });
    return { metrics: { to } };
  },
});

const out = mkdtempSync(join(tmpdir(), 'example-'));
const config = parseConfig(count.config, {}, 'count', 'example.ts');
const { signal } = new AbortController();
console.log(await count.run({ config, inputs: {}, out, work: out, log: memoryLog(), seed: 0, signal })); // { metrics: { to: 3 } }
console.log(JSON.parse(readFileSync(join(out, 'count.json'), 'utf8'))); // { to: 3 }
rmSync(out, { recursive: true });
