import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './client.ts';
import { acquireLock } from './lock.ts';
import { commandLine, groupAlive, groupMembers, runsIn, signal as sendSignal } from './processes.ts';
import { waitReady } from './ready.ts';
import { setUnfinishedAside } from './unfinished.ts';

/** A server that has not answered so long after its start hangs. On a busy machine a start takes 45 s. */
const STARTING_MS = 180_000;
const DATA_BASE = 'mlflow.db';
/** How long a server may take to stop before it is killed. */
const STOPPING_MS = 10_000;

/** `server.json`: kept after a stop without the pid, so that the next server gets the same address. */
interface ServerRecord {
  pid?: number;
  /** The folder that it serves, without links: a copy of the folder, or the folder at another place, has another. */
  dir?: string;
  /** Tells the stores that it was started with from others; nothing of the folder's own. */
  stores?: string | undefined;
  port: number;
  uri: string;
  /** ms since 1970. */
  startedAt: number;
}

/** Where a server keeps what it is given, where that is not its folder. */
export interface Stores {
  /** Of runs: an SQLAlchemy URL, such as `postgresql://user:password@host/mlflow`. */
  backend?: string | undefined;
  /** Of artifacts: a folder, or an address such as `s3://bucket/path`. */
  artifacts?: string | undefined;
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
 * ends. Returns at once; see `waitReady`. `bin` is the `mlflow` executable. The port is a free one, remembered for the
 * next start. A data base that a killed server has not finished is made anew. A copy of `dir` gets a server of its own; where
 * `dir` was moved, or other stores are asked for, its server is started anew.
 */
export async function ensureServer(params: {
  dir: string;
  bin: string;
  port?: number;
  stores?: Stores;
}): Promise<LocalServer> {
  if (!existsSync(params.bin))
    throw new Error(`mlflow is not installed: ${params.bin} is missing. run \`npm run setup\``);
  mkdirSync(join(params.dir, 'artifacts'), { recursive: true });
  const { stores = {} } = params;
  const dir = realpathSync(params.dir);
  chmodSync(dir, 0o700);
  const lock = await lockWithin(join(dir, 'server.lock'), 10_000);
  try {
    const known = readRecord(dir);
    const logFile = join(dir, 'server.log');
    const running = known?.stores === storesKey(stores) ? findServer(dir) : undefined;
    if (running && (Date.now() - known!.startedAt < STARTING_MS || (await isReady(running.uri)))) return running;
    await stopServer(dir);
    setUnfinishedAside(join(dir, DATA_BASE));
    // Not the port of a folder that this is a copy of: whoever writes there would write here while its server is away.
    const port = params.port ?? (await freePort(known?.dir === dir ? known.port : undefined));
    const uri = `http://127.0.0.1:${port}`;
    const pid = launch({ dir, bin: resolve(params.bin), port, logFile, stores });
    writeRecord(dir, { pid, dir, stores: storesKey(stores), port, uri, startedAt: Date.now() });
    return { uri, pid, started: true, logFile };
  } finally {
    lock.release();
  }
}

/** The server that serves `dir` from where it lies, if one runs; it may be starting still. */
export function findServer(dir: string): LocalServer | undefined {
  const record = readRecord(dir);
  if (record?.pid === undefined || record.dir !== realpathSync(dir) || !isOurs(dir, record)) return undefined;
  return { uri: record.uri, pid: record.pid, started: false, logFile: join(dir, 'server.log') };
}

/**
 * Stops the server of `dir` with its workers and waits until they are gone. Returns whether one was running; never
 * stops that of a folder which `dir` is a copy of.
 */
export async function stopServer(dir: string): Promise<boolean> {
  const record = readRecord(dir);
  if (record?.pid === undefined) return false;
  const { pid, ...rest } = record;
  const ours = isOurs(dir, record);
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
 * Whether the recorded pid is still a server of `dir`, or the leader of a group in which its worker goes on. Pids are
 * used again, so the command line must tell; records are copied with their folder, so the process must run in this very
 * one, under whatever name. Elsewhere than on Linux the command line and the recorded name have to do.
 */
function isOurs(dir: string, record: ServerRecord): boolean {
  const { pid, port } = record;
  if (pid === undefined) return false;
  const members = groupMembers(pid);
  return (members ?? [pid]).some((member) => {
    const command = commandLine(member);
    if (!/mlflow/.test(command) || !command.includes(`--port ${port}`)) return false;
    return members ? runsIn(member, dir) : record.dir === realpathSync(dir);
  });
}

async function isReady(uri: string): Promise<boolean> {
  return waitReady(createClient({ trackingUri: uri, env: {} }), { timeoutMs: 0 }).then(
    () => true,
    () => false,
  );
}

/** Of no stores, undefined. A digest: an address may hold a password. */
function storesKey({ backend, artifacts }: Stores): string | undefined {
  if (backend === undefined && artifacts === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([backend, artifacts]))
    .digest('hex');
}

function launch(params: { dir: string; bin: string; port: number; logFile: string; stores: Stores }): number {
  const { dir, bin, port, logFile, stores } = params;
  const log = openSync(logFile, 'w', 0o600);
  const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  args.push('--serve-artifacts', '--artifacts-destination', stores.artifacts ?? join(dir, 'artifacts'));
  // By the environment, which other users do not see: it may hold a password.
  const backend = stores.backend ?? `sqlite:///${join(dir, DATA_BASE)}`;
  const env = { ...serverEnvironment(), MLFLOW_BACKEND_STORE_URI: backend };
  const child = spawn(bin, args, { cwd: dir, detached: true, env, stdio: ['ignore', log, log] });
  child.on('error', () => {}); // A file that cannot be executed: reported below.
  child.unref();
  closeSync(log);
  if (child.pid === undefined)
    throw new Error(`mlflow cannot be started: ${bin} is not executable. run \`npm run setup\``);
  return child.pid;
}

/** The caller's environment without what would configure an MLflow client or another server; an S3 store stays what it is. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^_?MLFLOW_(?!S3_)/.test(name));
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
