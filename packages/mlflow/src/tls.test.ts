import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { waitReady } from './ready.ts';
import { getRun } from './runs.ts';

let dir: string;
let server: Server | undefined;
let trackingUri: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tls-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const names = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert];
  try {
    execFileSync('openssl', [...args.split(' '), ...names], { stdio: 'ignore' });
  } catch {
    return; // no openssl: the tests below are skipped and say so
  }
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    const info = { run_id: 'r', run_name: 'over tls', experiment_id: '1', status: 'RUNNING', start_time: 0 };
    response.end(JSON.stringify({ run: { info } }));
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  trackingUri = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.close();
  server?.closeAllConnections();
  rmSync(dir, { recursive: true });
});

describe('a server with its own certificate', () => {
  const nameWith = async (env: Record<string, string>) => {
    const client = { ...createClient({ trackingUri, env }), maxRetries: 0 };
    return (await getRun({ client, runId: 'r' })).info.runName;
  };

  it('is refused by default', async ({ skip }) => {
    if (!server) return skip('needs openssl');
    await expect(nameWith({})).rejects.toThrow(/not reachable: .*CERT/);
    return undefined;
  });

  it('is told in words by who waits for it', async ({ skip }) => {
    if (!server) return skip('needs openssl');
    const client = createClient({ trackingUri, env: {} });
    await expect(waitReady(client, { timeoutMs: 60_000 })).rejects.toThrow(
      /^mlflow: certificate not trusted: .*MLFLOW_TRACKING_SERVER_CERT_PATH=<file\.pem>/,
    );
    return undefined;
  });

  it('is not tried with certificates that are not there', () => {
    const env = { MLFLOW_TRACKING_SERVER_CERT_PATH: '/none.pem' };
    expect(() => createClient({ trackingUri: 'https://host', env })).toThrow(
      'unreadable certificates: /none.pem (ENOENT). MLFLOW_TRACKING_SERVER_CERT_PATH must name a PEM file',
    );
  });

  it('is trusted through MLFLOW_TRACKING_SERVER_CERT_PATH', async ({ skip }) => {
    if (!server) return skip('needs openssl');
    expect(await nameWith({ MLFLOW_TRACKING_SERVER_CERT_PATH: join(dir, 'cert.pem') })).toBe('over tls');
    return undefined;
  });

  it('is not asked for with MLFLOW_TRACKING_INSECURE_TLS', async ({ skip }) => {
    if (!server) return skip('needs openssl');
    expect(await nameWith({ MLFLOW_TRACKING_INSECURE_TLS: 'true' })).toBe('over tls');
    return undefined;
  });
});
