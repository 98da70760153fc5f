import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock } from './lock.ts';
import { commandLine, groupAlive, groupMembers, processAlive, signal as sendSignal } from './processes.ts';

/** A server that has not answered so long after its start hangs. On a busy machine a start takes 45 s. */
const STARTING_MS = 180_000;
/** How long a server may take to stop before it is killed. */
const STOPPING_MS = 10_000;

/** `server.json`: kept after a stop without the pid, so that the next server gets the same address. */
interface ServerRecord {
  pid?: number;
  port: number;
  uri: string;
  /** ms since 1970. */
  startedAt: number;
}

export interface LocalServer {
  uri: string;
  pid: number;
  /** Whether this call started it. */
  started: boolean;
  /** What the server printed. */
  logFile: string;
}

/**
 * The MLflow server of `dir` (sqlite data base, artifacts and log lie there), started if it does not run: on loopback
 * only, one worker, without background jobs and telemetry, in a session of its own, so that it stays when the caller
 * ends. Returns at once; see `waitHealthy`. `bin` is the `mlflow` executable. The port is a free one, remembered for
 * the next start.
 */
export async function ensureServer(params: { dir: string; bin: string; port?: number }): Promise<LocalServer> {
  const dir = resolve(params.dir);
  if (!existsSync(params.bin))
    throw new Error(`mlflow is not installed: ${params.bin} is missing. run \`npm run setup\``);
  mkdirSync(join(dir, 'artifacts'), { recursive: true });
  chmodSync(dir, 0o700);
  const lock = await lockWithin(join(dir, 'server.lock'), 10_000);
  try {
    const known = readRecord(dir);
    const logFile = join(dir, 'server.log');
    if (known?.pid !== undefined && isOurs(known)) {
      const usable = (await isHealthy(known.uri)) || Date.now() - known.startedAt < STARTING_MS;
      if (usable) return { uri: known.uri, pid: known.pid, started: false, logFile };
      await stopServer(dir);
    }
    const port = params.port ?? (await freePort(known?.port));
    const uri = `http://127.0.0.1:${port}`;
    const pid = launch({ dir, bin: resolve(params.bin), port, logFile });
    writeRecord(dir, { pid, port, uri, startedAt: Date.now() });
    return { uri, pid, started: true, logFile };
  } finally {
    lock.release();
  }
}

/** Waits until a server answers. Throws a one-line error after `timeoutMs`, or at once when its process `pid` is gone. */
export async function waitHealthy(
  uri: string,
  params: { timeoutMs: number; pid?: number; signal?: AbortSignal },
): Promise<void> {
  const { timeoutMs, pid, signal } = params;
  const deadline = performance.now() + timeoutMs;
  while (!(await isHealthy(uri))) {
    signal?.throwIfAborted();
    if (pid !== undefined && !processAlive(pid)) throw new Error(`mlflow did not start: ${uri}. see server.log`);
    if (performance.now() > deadline) throw new Error(`mlflow does not answer: ${uri} after ${timeoutMs / 1000} s`);
    await sleep(200, undefined, signal ? { signal } : {});
  }
}

/** Stops the server of `dir` with its workers and waits until they are gone. Returns whether one was running. */
export async function stopServer(dir: string): Promise<boolean> {
  const record = readRecord(dir);
  if (record?.pid === undefined) return false;
  const { pid, ...rest } = record;
  const ours = isOurs(record);
  if (ours) {
    sendSignal(-pid, 'SIGTERM');
    const deadline = performance.now() + STOPPING_MS;
    while (groupAlive(pid)) {
      if (performance.now() > deadline) sendSignal(-pid, 'SIGKILL');
      await sleep(50);
    }
  }
  writeRecord(dir, rest);
  return ours;
}

/**
 * Whether the recorded pid is still that server, or the leader of a group in which its worker goes on: pids are used
 * again, so the command line must tell. Elsewhere than on Linux the pid has to do.
 */
function isOurs({ pid, port }: ServerRecord): boolean {
  if (pid === undefined) return false;
  const members = groupMembers(pid);
  if (!members) return processAlive(pid);
  return members.some((member) => /mlflow/.test(commandLine(member)) && commandLine(member).includes(`--port ${port}`));
}

async function isHealthy(uri: string): Promise<boolean> {
  try {
    const reply = await fetch(`${uri}/health`, { signal: AbortSignal.timeout(2000) });
    return reply.ok && (await reply.text()) === 'OK';
  } catch {
    return false;
  }
}

function launch({ dir, bin, port, logFile }: { dir: string; bin: string; port: number; logFile: string }): number {
  const log = openSync(logFile, 'w', 0o600);
  const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  args.push('--backend-store-uri', `sqlite:///${join(dir, 'mlflow.db')}`);
  args.push('--serve-artifacts', '--artifacts-destination', join(dir, 'artifacts'));
  const child = spawn(bin, args, { cwd: dir, detached: true, env: serverEnvironment(), stdio: ['ignore', log, log] });
  child.on('error', () => {}); // A file that cannot be executed: reported below.
  child.unref();
  closeSync(log);
  if (child.pid === undefined)
    throw new Error(`mlflow cannot be started: ${bin} is not executable. run \`npm run setup\``);
  return child.pid;
}

/** The caller's environment without what would configure an MLflow client or another server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^_?MLFLOW_/.test(name));
  return {
    ...Object.fromEntries(inherited),
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
    MLFLOW_DISABLE_TELEMETRY: 'true',
    DO_NOT_TRACK: 'true',
  };
}

/** `preferred` if it is free, otherwise a port that the system gives out. */
async function freePort(preferred: number | undefined): Promise<number> {
  for (const port of preferred === undefined ? [0] : [preferred, 0]) {
    const got = await new Promise<number | undefined>((done) => {
      const probe = createServer();
      probe.once('error', () => done(undefined));
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => done(typeof address === 'object' ? address?.port : undefined));
      });
    });
    if (got !== undefined) return got;
  }
  throw new Error('no free port on 127.0.0.1');
}

async function lockWithin(path: string, timeoutMs: number) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lock = await acquireLock(path);
    if (lock) return lock;
    if (performance.now() > deadline) throw new Error(`another process holds ${path}. try again when it has ended`);
    await sleep(100);
  }
}

function readRecord(dir: string): ServerRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'server.json'), 'utf8')) as ServerRecord;
  } catch {
    return undefined;
  }
}

function writeRecord(dir: string, record: ServerRecord): void {
  const path = join(dir, 'server.json');
  writeFileSync(`${path}.tmp`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
