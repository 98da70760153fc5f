import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process runs; one that has ended but was not collected by its parent (a zombie) does not. */
export function processAlive(pid: number): boolean {
  const stat = readStat(pid);
  if (stat) return stat.state !== 'Z' && stat.state !== 'X';
  return signal(pid, 0);
}

/** When a process started, in an opaque unit that tells two processes of the same pid apart; Linux only. */
export function processStart(pid: number): string | undefined {
  return readStat(pid)?.start;
}

/** The command line of a process, arguments separated by spaces; empty where the system does not tell it. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
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
    return stat?.group === group && stat.state !== 'Z' && stat.state !== 'X';
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

/** proc(5): the state, group and start time behind the command's closing parenthesis. */
function readStat(pid: number): { state: string; group: number; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', group: Number(fields[2]), start: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
