import { spawn } from 'node:child_process';

/** A process that measures one side and prints what it measured as a line of JSON, its last. */
export interface Side {
  name: string;
  command: string;
  args: string[];
  /** On top of this process's environment. */
  env?: Record<string, string>;
}

/** What a side prints. */
export interface Measured {
  /** Of each measured run, without those that warm up. */
  seconds: number[];
  /** Largest resident memory of the process, MB. */
  rssMB: number;
  /** Anything else that a benchmark reports of its sides. */
  [extra: string]: unknown;
}

/**
 * Runs all sides in turn, `rounds` times over: a machine drifts within minutes, so both sides must see all of it.
 *
 * @returns by side: all seconds of all rounds, and the rest of what the fastest round printed
 */
export async function alternate(
  sides: readonly Side[],
  rounds: number,
  say: (line: string) => void,
): Promise<Map<string, Measured>> {
  const results = new Map<string, Measured>();
  for (let round = 1; round <= rounds; round++) {
    for (const side of sides) {
      const measured = await measure(side);
      const before = results.get(side.name);
      const best = before && Math.min(...before.seconds) < Math.min(...measured.seconds) ? before : measured;
      const seconds = [...(before?.seconds ?? []), ...measured.seconds];
      const rssMB = Math.max(before?.rssMB ?? 0, measured.rssMB);
      results.set(side.name, { ...best, seconds, rssMB });
      say(`round ${round} of ${rounds}  ${side.name.padEnd(32)} ${Math.min(...measured.seconds).toFixed(4)} s`);
    }
  }
  return results;
}

async function measure({ name, command, args, env }: Side): Promise<Measured> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const chunks: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk: Buffer) => {
      chunks[stream] += chunk;
    });
  }
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal));
  });
  const last = chunks.stdout.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !last.startsWith('{')) {
    throw new Error(`${name} ended with ${code}: ${chunks.stderr.trim().split('\n').slice(-3).join(' | ')}`);
  }
  return JSON.parse(last) as Measured;
}
