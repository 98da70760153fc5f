import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './client.ts';
import { DATA_BASE, freePort, launchServer, type Stores } from './launch-server.ts';
import { acquireLock } from './lock.ts';
import { commandLine, groupAlive, groupMembers, runsIn, signal as sendSignal } from './processes.ts';
import { waitReady } from './ready.ts';
import { readRecord, type ServerRecord, writeRecord } from './server-record.ts';
import { setUnfinishedAside } from './unfinished.ts';

/** A server that has not answered so long after its start hangs. On a busy machine a start takes 45 s. */
const STARTING_MS = 180_000;
/** How long a server may take to stop before it is killed. */
const STOPPING_MS = 10_000;

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
    const pid = launchServer({ dir, bin: resolve(params.bin), port, logFile, stores });
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

async function lockWithin(path: string, timeoutMs: number) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lock = await acquireLock(path);
    if (lock) return lock;
    if (performance.now() > deadline) throw new Error(`another process holds ${path}. try again when it has ended`);
    await sleep(100);
  }
}
