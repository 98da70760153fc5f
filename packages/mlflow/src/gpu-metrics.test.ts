import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gpuMetrics } from './gpu-metrics.ts';

it('reads what nvidia-smi says of each GPU, and leaves out what it does not know', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gpu-'));
  const smi = join(dir, 'nvidia-smi');
  // A list of the fields that are asked for, as nvidia-smi refuses unknown ones.
  const fields = 'index,utilization.gpu,memory.used,memory.total,power.draw,enforced.power.limit';
  const lines = '0, 37, 1000, 4000, 120.50, 482.00\\n1, 0, 3, 4000, [N/A], [N/A]\\n';
  writeFileSync(smi, `#!/bin/sh\n[ "$1" = "--query-gpu=${fields}" ] && printf '${lines}'\n`);
  chmodSync(smi, 0o755);
  expect(await gpuMetrics(smi)).toEqual({
    gpu_0_utilization_percentage: 37,
    gpu_0_memory_usage_megabytes: 1048.6,
    gpu_0_memory_usage_percentage: 25,
    gpu_0_power_usage_watts: 120.5,
    gpu_0_power_usage_percentage: 25,
    gpu_1_utilization_percentage: 0,
    gpu_1_memory_usage_megabytes: 3.1,
    gpu_1_memory_usage_percentage: 0.1,
  });
  writeFileSync(smi, '#!/bin/sh\nexit 9\n');
  expect(await gpuMetrics(smi)).toEqual({});
  rmSync(dir, { recursive: true });
  expect(await gpuMetrics(smi)).toEqual({});
});
