import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { deleteArtifact, downloadArtifact, listArtifacts, saveArtifact, uploadArtifact } from '../artifacts.ts';
import type { Client } from '../client.ts';
import { createExperiment } from '../experiments.ts';
import { createRun } from '../runs.ts';

/** What real-server.test.ts asks of runs whose files are in a folder of this machine: a test for its `describe`. */
export function localStoreContract(at: () => Client): void {
  it('reads and writes a folder of this machine', async () => {
    const client = at();
    const root = mkdtempSync(join(tmpdir(), 'local store '));
    const bytes = new Uint8Array([1, 2, 3]);
    const text = async (got: Promise<Uint8Array>) => Buffer.from(await got).toString();
    for (const location of [`file://${encodeURI(join(root, 'folder'))}`, join(root, 'plain')]) {
      const experimentId = await createExperiment({ client, name: location, artifactLocation: location });
      const { artifactUri } = (await createRun({ client, experimentId })).info;
      const where = { client, artifactUri };
      await uploadArtifact({ ...where, path: 'a b/notes.txt', data: 'größe' });
      await uploadArtifact({ ...where, path: 'weights.bin', data: new Blob([bytes]) });
      expect(await text(downloadArtifact({ ...where, path: 'a b/notes.txt' }))).toBe('größe');
      expect(await listArtifacts(where)).toEqual([
        { path: 'a b', isDir: true, fileSize: undefined },
        { path: 'weights.bin', isDir: false, fileSize: bytes.length },
      ]);
      expect(await listArtifacts({ ...where, path: 'weights.bin' })).toEqual([]);
      await saveArtifact({ ...where, path: 'weights.bin', file: join(root, 'copy') });
      expect([...readFileSync(join(root, 'copy'))]).toEqual([...bytes]);
      await deleteArtifact({ ...where, path: 'a b' });
      await expect(downloadArtifact({ ...where, path: 'a b/notes.txt' })).rejects.toMatchObject({ status: 404 });
      await expect(deleteArtifact({ ...where, path: 'a b' })).rejects.toMatchObject({ status: 404 });
      const elsewhere = {
        client: { ...client, trackingUri: 'http://far.example' },
        artifactUri: 'file:///no/where/1/r/artifacts',
      };
      await expect(uploadArtifact({ ...elsewhere, path: 'x', data: '' })).rejects.toThrow(
        'artifact store not reachable',
      );
    }
    rmSync(root, { recursive: true });
  });
}
