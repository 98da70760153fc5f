import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** What MLflow has besides, of experiments, runs, metrics, artifacts, models and the registry. */
const OTHERS = {
  'given up by MLflow, for aliases and logged models': ['transitionModelVersionStage', 'getLatestVersions', 'logModel'],
  'of stores behind the server: stores.slow.test.ts': [
    ...['createMultipartUpload', 'completeMultipartUpload', 'abortMultipartUpload', 'createPresignedUploadUrl'],
    ...['createPresignedDownloadUrl', 'MlflowService.listArtifacts', 'listLoggedModelArtifacts'],
  ],
  'of the page alone: below /ajax-api': ['searchDatasets'],
  'an address for a browser: downloads go through the server': ['getPresignedDownloadUrl'],
};

/**
 * That nothing is missing: all other tests of a real server together have asked for all that it serves, by its definitions.
 *
 * @param asked `GET /api/2.0/…` of every request
 */
export function endpointsContract(asked: () => ReadonlySet<string>, python: string): void {
  it('asked for everything that it serves', async () => {
    const script = join(import.meta.dirname, '../testdata/endpoints.py');
    const { stdout } = await promisify(execFile)(python, [script]);
    const served = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, [string, string][]>;
    const isAsked = ([method, path]: [string, string]) => {
      const pattern = new RegExp(`^${method} /api/2\\.0${path.replace(/[{<][^}>]*[}>]/g, '.+')}$`);
      return [...asked()].some((request) => pattern.test(request));
    };
    const missing = Object.keys(served).filter((name) => !served[name]!.some(isAsked));
    // Two services have one of the name listArtifacts.
    const names = missing.map((name) => name.replace(/^(?!MlflowService.listArtifacts).*\./, ''));
    expect(names.sort()).toEqual(Object.values(OTHERS).flat().sort());
  });
}
