import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const MEGABYTES = 600;
const root = mkdtempSync(join(tmpdir(), 'large-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Uploads a file and downloads it again in a process of its own; prints the most memory that this took, in MB. */
const program = (uri: string, file: string) => `
  import { openAsBlob } from 'node:fs';
  import { createClient, saveArtifact, uploadArtifact } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
  const at = { client: createClient({ trackingUri: '${uri}', env: {} }), artifactUri: 'mlflow-artifacts:/1/r/artifacts', path: 'large.bin' };
  await uploadArtifact({ ...at, data: await openAsBlob(${JSON.stringify(file)}) });
  const sent = process.resourceUsage().maxRSS / 1000;
  await saveArtifact({ ...at, file: ${JSON.stringify(`${file}.copy`)} });
  console.log(sent, process.resourceUsage().maxRSS / 1000);`;

it(`a file of ${MEGABYTES} MB goes up and down within 300 MB of memory`, async () => {
  const file = join(root, 'large.bin');
  const piece = Buffer.alloc(1_000_000);
  const hash = createHash('sha256');
  const out = openSync(file, 'w');
  for (let i = 0; i < MEGABYTES; i++) {
    piece.fill(i);
    hash.update(piece);
    writeSync(out, piece);
  }
  closeSync(out);
  const digest = hash.digest('hex');

  const received = createHash('sha256');
  const server = createServer(async (request, response) => {
    if (request.method === 'GET' && request.url!.endsWith('large.bin')) return createReadStream(file).pipe(response);
    for await (const bytes of request) received.update(bytes as Buffer);
    return response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const args = ['--input-type=module-typescript', '-e', program(`http://127.0.0.1:${port}`, file)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  server.close();
  expect(received.digest('hex')).toBe(digest);
  expect(statSync(`${file}.copy`).size).toBe(MEGABYTES * 1_000_000);
  expect(
    createHash('sha256')
      .update(readFileSync(`${file}.copy`))
      .digest('hex'),
  ).toBe(digest);
  for (const peak of said.trim().split(' ').map(Number)) expect(peak, said).toBeLessThan(300);
}, 180_000);
