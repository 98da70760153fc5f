import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const DATA_BASE = 'mlflow.db';

/** Where a server keeps what it is given, where that is not its folder. */
export interface Stores {
  /** Of runs: an SQLAlchemy URL, such as `postgresql://user:password@host/mlflow`. */
  backend?: string | undefined;
  /** Of artifacts: a folder, or an address such as `s3://bucket/path`. */
  artifacts?: string | undefined;
}

/** Starts a server in a session of its own. @returns its pid */
export function launchServer(params: {
  dir: string;
  bin: string;
  port: number;
  logFile: string;
  stores: Stores;
}): number {
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
export async function freePort(preferred: number | undefined): Promise<number> {
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
