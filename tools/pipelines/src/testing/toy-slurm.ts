import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real Slurm of this user's, on loopback, in a temporary folder: a controller and nodes n1, n2, … of two cores and a GPU each. */
export interface ToySlurm {
  /** For all that talks to it. */
  env: { SLURM_CONF: string };
  /** A node dies with all that runs on it. */
  killNode(name: string): void;
  /** A node's daemon dies and nothing else: what runs there goes on. */
  killDaemon(name: string): void;
  /** What squeue, sinfo, scontrol or scancel says. */
  ask(program: string, ...args: string[]): string;
  /** Ends what was started here, and nothing else. */
  stop(): Promise<void>;
}

// Debian has the daemons where only root's path leads.
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
const NEEDED = ['munged', 'slurmctld', 'slurmd', 'sbatch'];

/** What of Slurm this machine lacks, as a line; undefined where all is there. */
export function missingSlurm(): string | undefined {
  const missing = NEEDED.filter((name) => !PATH.split(delimiter).some((folder) => existsSync(join(folder, name))));
  return missing.length ? `skipped, as there is no ${missing.join(', ')}: apt-get install slurm-wlm munge` : undefined;
}

export async function startSlurm(nodes: number): Promise<ToySlurm> {
  const dir = mkdtempSync(join(tmpdir(), 'slurm-'));
  for (const name of ['state', 'log', 'run', 'key'])
    mkdirSync(join(dir, name), { mode: name === 'key' ? 0o700 : 0o755 });
  for (let i = 1; i <= nodes; i++) mkdirSync(join(dir, `run/tmp.n${i}`));
  writeFileSync(join(dir, 'key/munge.key'), randomBytes(128), { mode: 0o400 });
  writeFileSync(join(dir, 'slurm.conf'), slurmConf(dir, await freePorts(nodes + 1)));
  writeFileSync(join(dir, 'gres.conf'), `NodeName=n[1-${nodes}] Name=gpu File=/dev/null\n`);
  const env = { SLURM_CONF: join(dir, 'slurm.conf') };
  const call = (program: string, args: string[]) =>
    execFileSync(program, args, { env: { ...process.env, PATH, ...env }, encoding: 'utf8', stdio: 'pipe' });
  const pidOf = (daemon: string) => Number(readFileSync(join(dir, `run/${daemon}.pid`), 'utf8'));
  const startNode = async (name: string) => {
    call('slurmd', ['-N', name]);
    await until(() => call('sinfo', ['-h', '-n', name, '-o', '%t %E']).trim(), 'idle none', name);
  };
  const killDaemon = (name: string) => process.kill(pidOf(`slurmd.${name}`), 'SIGKILL');
  const killNode = (name: string) => {
    killDaemon(name);
    const job = call('squeue', ['-h', '-w', name, '-o', '%A']).trim();
    for (const pid of job ? processesOf(job) : []) process.kill(pid, 'SIGKILL');
  };
  const stop = async () => {
    spawnSync('scancel', ['--full', '--signal=KILL', '--user', userInfo().username], {
      env: { ...process.env, PATH, ...env },
    });
    const daemons = [...Array.from({ length: nodes }, (_, i) => `slurmd.n${i + 1}`), 'slurmctld', 'munged'];
    for (const daemon of daemons.filter((name) => existsSync(join(dir, `run/${name}.pid`)))) await end(pidOf(daemon));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const at = (name: string) => join(dir, name);
    call('munged', [
      `--key-file=${at('key/munge.key')}`,
      `--socket=${at('run/munge.sock')}`,
      `--pid-file=${at('run/munged.pid')}`,
      `--log-file=${at('log/munged.log')}`,
      `--seed-file=${at('key/munge.seed')}`,
      '--force',
    ]);
    call('slurmctld', ['-c']);
    for (let i = 1; i <= nodes; i++) await startNode(`n${i}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, killNode, killDaemon, ask: (program, ...args) => call(program, args), stop };
}

/** The processes of a job's batch script, and Slurm's own that leads them. */
function processesOf(job: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  const all = lines.map((line) =>
    line
      .trim()
      .split(/\s+/, 2)
      .map(Number)
      .concat(line.includes(`slurmstepd: [${job}.`) ? 1 : 0),
  );
  const found = all.filter(([, , leads]) => leads).map(([pid]) => pid!);
  for (const parent of found) found.push(...all.filter(([, ppid]) => ppid === parent).map(([pid]) => pid!));
  return found;
}

/**
 * Of the one machine, each node has its port, and its folder for what would be in /tmp. A job that is requeued is held back as long as
 * credentials live (cred_expire): of an end that its node says late Slurm cannot tell of which copy it was.
 */
function slurmConf(dir: string, [controller, ...nodes]: number[]): string {
  const user = userInfo().username;
  return `ClusterName=toy
SlurmctldHost=localhost
SlurmctldPort=${controller}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=${dir}/run/munge.sock,cred_expire=10
SlurmUser=${user}
SlurmdUser=${user}
StateSaveLocation=${dir}/state
SlurmdSpoolDir=${dir}/run/spool.%n
SlurmctldPidFile=${dir}/run/slurmctld.pid
SlurmdPidFile=${dir}/run/slurmd.%n.pid
SlurmctldLogFile=${dir}/log/slurmctld.log
SlurmdLogFile=${dir}/log/slurmd.%n.log
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TmpFS=${dir}/run/tmp.%n
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=5
InactiveLimit=0
KillWait=3
MessageTimeout=5
TCPTimeout=2
JobRequeue=1
MpiDefault=none
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
GresTypes=gpu
${nodes.map((port, i) => `NodeName=n${i + 1} NodeHostname=localhost NodeAddr=127.0.0.1 Port=${port} CPUs=2 RealMemory=8000 Gres=gpu:1 State=UNKNOWN`).join('\n')}
PartitionName=main Nodes=ALL Default=YES MaxTime=1:00:00 State=UP
`;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function end(pid: number): Promise<void> {
  const there = () => {
    try {
      process.kill(pid, 0);
      return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  if (there()) process.kill(pid, 'SIGTERM');
  await until(() => String(there()), 'false', `process ${pid} is there`);
}

/** Waits up to a minute for something to be as it should; who is asked may not answer yet. */
async function until(ask: () => string, wanted: string, what: string): Promise<void> {
  let last: unknown;
  for (let i = 0; i < 600; i++) {
    try {
      last = ask();
      if (last === wanted) return;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`not ${wanted} within a minute: ${what}: ${last}`);
}
