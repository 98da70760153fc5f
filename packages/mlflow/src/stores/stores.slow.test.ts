import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openAsBlob, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteArtifact, downloadArtifact, listArtifacts, saveArtifact, uploadArtifact } from '../artifacts.ts';
import { type Client, createClient } from '../client.ts';
import { createExperiment } from '../experiments.ts';
import { createLoggedModel } from '../logged-models.ts';
import { signal } from '../processes.ts';
import { waitReady } from '../ready.ts';
import { createRun } from '../runs.ts';
import { type Bucket, startBucket } from '../testing/bucket.ts';

const bin = resolve(import.meta.dirname, '../../../../.venv/bin/mlflow');
/** A folder with boto3, which `npm run setup` does not install: `pip install --target /tmp/boto3 boto3`. */
const boto3 = process.env.MLFLOW_TEST_BOTO3;
let root: string;
let bucket: Bucket;
let server: ChildProcess;
let client: Client;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

const bytes = new Uint8Array(2_500_000).map((_, i) => (i * 31) % 251);
/** A new run whose files are at `artifactLocation`. */
async function inExperiment(name: string, artifactLocation?: string) {
  const experimentId = await createExperiment({ client, name, ...(artifactLocation && { artifactLocation }) });
  const { info } = await createRun({ client, experimentId });
  return { experimentId, at: { client, artifactUri: info.artifactUri } };
}
const text = async (got: Promise<Uint8Array>) => Buffer.from(await got).toString();

describe.skipIf(!existsSync(bin) || !boto3)(
  'artifact stores of a real server (needs .venv and MLFLOW_TEST_BOTO3)',
  () => {
    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'mlflow stores '));
      bucket = await startBucket();
      const port = await freePort();
      const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
      args.push(
        '--backend-store-uri',
        `sqlite:///${join(root, 'mlflow.db')}`,
        '--artifacts-destination',
        's3://bucket/served',
      );
      const env = {
        ...process.env,
        PYTHONPATH: boto3,
        MLFLOW_S3_ENDPOINT_URL: bucket.uri,
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_DEFAULT_REGION: 'us-east-1',
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
        MLFLOW_DISABLE_TELEMETRY: 'true',
      };
      server = spawn(bin, args, { cwd: root, env, detached: true, stdio: 'ignore' });
      client = createClient({ trackingUri: `http://127.0.0.1:${port}`, env: {} });
      await waitReady(client, { timeoutMs: 170_000 });
    }, 180_000);
    afterAll(async () => {
      if (!server) return;
      signal(-server.pid!, 'SIGKILL');
      await once(server, 'close');
      await bucket.close();
      rmSync(root, { recursive: true });
    });

    it('sends a large file in parts, straight to the store, and takes it back where one fails', async () => {
      const { at } = await inExperiment('parts');
      const multipart = { minBytes: 1_000_000, partBytes: 400_000 };
      const inParts = { ...at, client: { ...client, multipart } };
      const file = join(root, 'large.bin');
      writeFileSync(file, bytes);
      await uploadArtifact({ ...inParts, path: 'deep/große.bin', data: await openAsBlob(file) });
      expect(bucket.log.filter((what) => what === 'PUT part')).toHaveLength(7);
      expect(bucket.log.filter((what) => what === 'PUT')).toEqual([]);
      const [[path, stored]] = [...bucket.objects] as [[string, Buffer]];
      expect(path).toMatch(/^\/bucket\/served\/\d+\/[0-9a-f]{32}\/artifacts\/deep\/große\.bin$/);
      expect(new Uint8Array(stored)).toEqual(bytes);
      expect(new Uint8Array(await downloadArtifact({ ...at, path: 'deep/große.bin' }))).toEqual(bytes);

      bucket.refuse = 'PUT part';
      const failing = uploadArtifact({ ...inParts, path: 'other.bin', data: await openAsBlob(file) });
      await expect(failing).rejects.toMatchObject({ status: 403 });
      expect(bucket.log.at(-1)).toBe('DELETE upload');
      expect(bucket.objects.size).toBe(1);
    });

    it('reads and writes a store of its own by signed addresses', async () => {
      const { experimentId, at } = await inExperiment('signed', 's3://bucket/own');
      expect(at.artifactUri).toMatch(/^s3:/);
      await uploadArtifact({ ...at, path: 'a b/notes.txt', data: 'größe' });
      await uploadArtifact({ ...at, path: 'weights.bin', data: bytes });
      expect(await text(downloadArtifact({ ...at, path: 'a b/notes.txt' }))).toBe('größe');
      await saveArtifact({ ...at, path: 'a b/notes.txt', file: join(root, 'notes.txt') });
      expect(readFileSync(join(root, 'notes.txt'), 'utf8')).toBe('größe');
      expect([...bucket.objects.keys()].filter((path) => path.includes('/own/'))).toHaveLength(2);
      expect(await listArtifacts(at)).toEqual([
        { path: 'a b', isDir: true, fileSize: undefined },
        { path: 'weights.bin', isDir: false, fileSize: bytes.length },
      ]);
      await expect(downloadArtifact({ ...at, path: 'none' })).rejects.toMatchObject({ status: 404 });
      const { artifactUri } = await createLoggedModel({ client, experimentId, name: 'encoder' });
      await uploadArtifact({ client, artifactUri, path: 'encoder.json', data: '{}' });
      expect([...bucket.objects.keys()].at(-1)).toMatch(/\/own\/models\/m-[0-9a-f]{32}\/artifacts\/encoder\.json$/);
      const inModel = await listArtifacts({ client, artifactUri });
      expect(inModel.map(({ path }) => path)).toEqual(['encoder.json']);
      await expect(deleteArtifact({ ...at, path: 'weights.bin' })).rejects.toThrow('artifact store deletes nothing');
    });
  },
);
