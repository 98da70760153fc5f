import { afterAll, beforeAll, describe } from 'vitest';
import { type FakeServer, startFakeServer } from '../fake-server.ts';
import { endsContract } from '../testing/ends-contract.ts';

let server: FakeServer;
beforeAll(async () => {
  server = await startFakeServer();
});
afterAll(() => server.close());

/** Of a real server: real-server.test.ts. */
describe('a run', () => {
  endsContract({
    uri: () => server.uri,
    runs: async (_, name) =>
      [...server.runs.values()]
        .filter((run) => run.name === name)
        .map(({ status, params, tags, points }) => ({
          status,
          params: Object.fromEntries(params),
          tags: Object.fromEntries(tags),
          steps: Array.from(points.values(), ({ step }) => step),
        })),
  });
});
