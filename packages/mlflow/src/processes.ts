import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';

/** Whether a process runs; one that has ended but was not collected by its parent (a zombie) does not. */
export function processAlive(pid: number): boolean {
  const stat = readStat(pid);
  if (stat) return !stat.ended;
  return signal(pid, 0);
}

/** When a process started, in an opaque unit that tells two processes of the same pid apart; undefined where none runs. */
export function processStart(pid: number): string | undefined {
  return existsSync('/proc/self/stat') ? readStat(pid)?.start : startByPs(pid);
}

/** To the second: where there is no /proc, as on macOS. */
export function startByPs(pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    const args = ['-o', 'lstart=', '-p', String(pid)];
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The command line of a process, arguments separated by spaces; empty where there is no such process. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return psCommand(pid);
  }
}

/** The same where there is no /proc, as on macOS. */
function psCommand(pid: number): string {
  try {
    const args = ['-ww', '-o', 'command=', '-p', String(pid)];
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Whether a process's working folder is `dir`: the very one, not another at the same path; Linux only. */
export function runsIn(pid: number, dir: string): boolean {
  try {
    const [its, given] = [`/proc/${pid}/cwd`, dir].map((path) => statSync(path));
    return its?.ino === given?.ino && its?.dev === given?.dev;
  } catch {
    return false;
  }
}

/** The running processes of a group, or undefined where the system does not tell them. */
export function groupMembers(group: number): number[] | undefined {
  let pids: number[];
  try {
    pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return undefined;
  }
  if (pids.length === 0) return undefined;
  return pids.filter((pid) => {
    const stat = readStat(pid);
    return stat?.group === group && !stat.ended;
  });
}

/** Whether any process of a group runs. */
export function groupAlive(group: number): boolean {
  const members = groupMembers(group);
  return members ? members.length > 0 : signal(-group, 0);
}

/** Sends a signal to a process, or to a group given as a negative number; false when there is none to take it. */
export function signal(target: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // It runs, but belongs to another user.
  }
}

/**
 * proc(5), the fields behind the command's closing parenthesis: group, start time, and whether the process has ended. The
 * main thread is a zombie before the others are gone, which hold files and ports until then.
 */
function readStat(pid: number): { ended: boolean; group: number; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, threads] = [fields[0] ?? '', Number(fields[17])];
    const ended = (state === 'Z' || state === 'X') && threads <= 1;
    return { ended, group: Number(fields[2]), start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
