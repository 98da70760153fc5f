import { spawn } from 'node:child_process';
import { Interrupted, UserError } from '@simclr/stage';
import type { LaunchCommand } from './launch-command.ts';
import { messageReader, type RankMessage, readDeath } from './messages.ts';

export interface RankJob {
  ranks: number;
  /** Path of the module that each rank runs; it calls `rankMain`. */
  module: string;
  /** Plain JSON, given to each rank. */
  input: unknown;
  /** Takes what rank 0 says. */
  onSaid(value: unknown): void;
  /** Aborted: the ranks are told to stop, at a point that is the same for all. */
  signal: AbortSignal;
  /** How they are started: `launchCommand`. */
  launch: LaunchCommand;
}

/**
 * Runs a module as so many ranks, and waits for them.
 *
 * @returns what rank 0's work returned
 * @throws UserError and Interrupted as the ranks threw them; Error naming the rank that died, after the launcher has
 * ended the others
 */
export async function runRanks({ ranks, module, input, onSaid, signal, launch }: RankJob): Promise<unknown> {
  const { command, args, env } = launch;
  // A group of its own: Ctrl-C goes to us, and we say when to stop; mpirun would kill them all.
  const child = spawn(command, [...args, process.execPath, module, JSON.stringify(input)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: true,
  });
  // Rank 0 has this as its standard input: its end, ours too, means stop.
  const stop = () => void child.stdin.end();
  child.stdin.on('error', () => {});
  // Whoever gives up on us gives up on them: mpirun, told to end, ends its ranks.
  const end = () => void child.kill();
  process.once('exit', end);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });

  const places = new Map<string, number>();
  let result: { value: unknown } | undefined;
  let mistake: Extract<RankMessage, { kind: 'error' }> | undefined;
  let words = '';
  const hear = (text: string) => {
    words = (words + text).slice(-100_000);
  };
  const read = messageReader(
    (message) => {
      if (message.kind === 'started') places.set(`${message.pid} ${message.host}`, message.rank);
      else if (message.kind === 'said') onSaid(message.value);
      else if (message.kind === 'result') result = { value: message.value };
      else mistake ??= message;
    },
    (line) => hear(`${line}\n`),
  );
  child.stdout.setEncoding('utf8').on('data', read);
  child.stderr.setEncoding('utf8').on('data', hear);
  try {
    const ended = await new Promise<number | string>((resolve, reject) => {
      child.once('error', (error) =>
        reject(new UserError(`cannot start ranks: ${error.message}. MPIRUN names what starts them`)),
      );
      child.once('close', (code, killed) => resolve(code ?? killed ?? 'unknown'));
    });
    const death = readDeath(words, (pid, host) => places.get(`${pid} ${host}`));
    // Where one dies srun has the others end too, which say that they were interrupted, and by nobody here.
    const endedWithIt = death && mistake?.name === 'Interrupted' && death.rank !== mistake.rank && !signal.aborted;
    if (mistake && !endedWithIt) throw errorOf(mistake, ranks);
    if (death) throw new Error(`rank ${death.rank ?? '?'} of ${ranks} died: ${death.how}${lastOf(words)}`);
    if (ended !== 0 || !result) throw new Error(`${command} ended with ${ended} before its ranks had${lastOf(words)}`);
    return result.value;
  } finally {
    signal.removeEventListener('abort', stop);
    process.off('exit', end);
  }
}

function errorOf({ rank, name, message }: Extract<RankMessage, { kind: 'error' }>, ranks: number): Error {
  if (name === 'UserError') return new UserError(message);
  if (name === 'Interrupted') return new Interrupted(message);
  return new Error(`rank ${rank} of ${ranks}: ${message}`);
}

/** The last lines that are no frame around a launcher's message. */
function lastOf(words: string): string {
  const lines = words.split('\n').filter((line) => /\w/.test(line));
  return lines.length ? `. last words: ${lines.slice(-6).join(' | ')}` : '';
}
