/** What a rank says to whoever started the job: a line of its standard output, begun by a record separator (RFC 7464). */
export type RankMessage =
  | { kind: 'started'; rank: number; pid: number; host: string }
  /** Of rank 0 alone. */
  | { kind: 'said'; value: unknown }
  | { kind: 'result'; value: unknown }
  /** A rank's last words. */
  | { kind: 'error'; rank: number; name: string; message: string };

const MARK = '\u001e';

export const writeMessage = (message: RankMessage): string => `${MARK}${JSON.stringify(message)}\n`;

/**
 * Takes chunks of standard output, calls back with whole messages, and with other lines: MPICH's mpiexec tells of a death
 * there. What was cut is passed over.
 */
export function messageReader(
  onMessage: (message: RankMessage) => void,
  onLine: (line: string) => void,
): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const at = line.lastIndexOf(MARK);
      if (at < 0) {
        onLine(line);
        continue;
      }
      let message: RankMessage;
      try {
        message = JSON.parse(line.slice(at + 1)) as RankMessage;
      } catch {
        continue;
      }
      onMessage(message);
    }
  };
}

/** A rank that ended before the job did, as far as the launcher tells. */
export interface Death {
  rank: number | undefined;
  how: string;
}

/** What launchers write when a rank dies: Open MPI's mpirun, Slurm's srun, MPICH's mpiexec. */
export function readDeath(words: string, rankOf: (pid: number, host: string) => number | undefined): Death | undefined {
  const signal = /process rank (\d+) with PID \d+ on node (\S+) exited on\s+signal (\d+)(?: \((\w[\w ]*)\))?/.exec(
    words,
  );
  if (signal) return { rank: Number(signal[1]), how: `signal ${signal[3]} (${signal[4] ?? '?'}) on ${signal[2]}` };
  const abort = /MPI_ABORT was invoked on rank (\d+)[\s\S]*?errorcode (\d+)/.exec(words);
  if (abort) return { rank: Number(abort[1]), how: `it aborted with code ${abort[2]}` };
  const code = /Process name: \[\[\d+,\d+\],(\d+)\]\s+Exit code:\s+(\d+)/.exec(words);
  if (code) return { rank: Number(code[1]), how: `exit code ${code[2]}` };
  const slurm = /srun: error: (\S+): tasks? (\d+): (.+)/.exec(words);
  if (slurm) return { rank: Number(slurm[2]), how: `${slurm[3]} on ${slurm[1]}` };
  const hydra = /PID (\d+) RUNNING AT (\S+)\s+=\s+(?:EXIT CODE: (\d+)|KILLED BY SIGNAL: (\d+))/.exec(words);
  if (hydra)
    return {
      rank: rankOf(Number(hydra[1]), hydra[2]!),
      how: `${hydra[3] ? `exit code ${hydra[3]}` : `signal ${hydra[4]}`} on ${hydra[2]}`,
    };
  return undefined;
}
