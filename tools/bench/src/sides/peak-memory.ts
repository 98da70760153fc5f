import { readFileSync } from 'node:fs';

/**
 * The largest resident memory of this process, MB. On Linux that of the program: `maxRSS` there begins with what the
 * process that started it had.
 */
export function peakMB(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}
