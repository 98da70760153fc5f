import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from './client.ts';
import { type FakeServer, type Fault, startFakeServer } from './fake-server.ts';
import { type Journal, openJournal } from './journal.ts';
import { sendJournal } from './send.ts';

let server: FakeServer;
let client: Client;
beforeAll(async () => {
  server = await startFakeServer();
  client = { ...createClient({ trackingUri: server.uri, env: {} }), maxRetries: 0, backoffFactor: 0, backoffJitter: 0 };
});
afterAll(() => server.close());

/** What may happen to a stage that trains, and to what sends its journal. */
type Event =
  | { do: 'train'; steps: number }
  /** The process dies, perhaps in the middle of a line, and starts again from a checkpoint some steps back. */
  | { do: 'crash'; torn: string; back: number }
  | { do: 'send'; faults: (Fault | 'ok')[] }
  /** The sender dies between the server's answer and saving the cursor: an older cursor is found next time. */
  | { do: 'old cursor'; age: number };

const fault = fc.constantFrom<(Fault | 'ok')[]>('ok', 'ok', 'ok', 'cut', 'lost', { status: 503 });
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('train' as const), steps: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      torn: fc.constantFrom('', '{"time":17', '{"time":1,"type":"metrics","step":3,"values":{"loss":1}}', '\0\0'),
      back: fc.nat({ max: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const), faults: fc.array(fault, { maxLength: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('old cursor' as const), age: fc.nat({ max: 5 }) }) },
);

describe('a journal that is written, torn, resumed and sent in any order', () => {
  it('arrives as one run with every (metric, step) exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 25 }), async (events) => {
        server.wipe();
        server.fault = () => undefined;
        const dir = mkdtempSync(join(tmpdir(), 'resume-'));
        const open = () => openJournal(dir, { key: 'k', experiment: 'e', runName: 'r', tags: {} });
        let journal: Journal = open();
        const cursors: string[] = [];
        let step = 0;
        let reached = 0;
        for (const now of events) {
          if (now.do === 'train') {
            for (const end = step + now.steps; step < end; step++) {
              // A repeated step has another value: what the first run of it logged counts.
              journal.metrics({ loss: Math.random(), ...(step % 5 === 0 ? { accuracy: Math.random() } : {}) }, step);
            }
            reached = Math.max(reached, step);
          } else if (now.do === 'crash') {
            appendFileSync(join(dir, 'journal.jsonl'), now.torn);
            journal = open();
            step = Math.max(0, step - now.back);
          } else if (now.do === 'old cursor') {
            writeFileSync(join(dir, 'sent.json'), cursors.at(-1 - now.age) ?? '[]');
          } else {
            const faults = [...now.faults];
            server.fault = () => {
              const next = faults.shift();
              return next === 'ok' ? undefined : next;
            };
            await sendJournal(dir, client).catch(() => {});
            if (existsSync(join(dir, 'sent.json'))) cursors.push(readFileSync(join(dir, 'sent.json'), 'utf8'));
          }
        }
        server.fault = () => undefined;
        journal.end('FINISHED');
        expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0, rejected: [] });
        rmSync(dir, { recursive: true });

        expect(server.runs.size).toBe(1);
        const [run] = server.runs.values();
        expect(run!.status).toBe('FINISHED');
        const pairs = [...run!.points.values()].map((point) => `${point.key} ${point.step}`);
        const expected = Array.from({ length: reached }, (_, i) => [
          `loss ${i}`,
          ...(i % 5 ? [] : [`accuracy ${i}`]),
        ]).flat();
        expect(pairs.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 150 },
    );
  });
});
