import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageConsole } from './console.ts';
import { type ProcessId, thisProcess } from './process-id.ts';
import {
  consoleFile,
  createSession,
  removeOver,
  removeSession,
  running,
  type Session,
  stopRequested,
  writeStatus,
} from './session.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'session-'));
});
afterEach(() => rmSync(out, { recursive: true }));

const gone: ProcessId = { ...thisProcess(), pid: 2 ** 22 + 1 };
const reused: ProcessId = { ...thisProcess(), start: 'another' };
const elsewhere: ProcessId = { ...thisProcess(), host: 'elsewhere' };
const create = () => createSession(out, 'run', {});
const createNext = async () => {
  await removeOver(out);
  return create();
};
const own = (session: Session, owner: ProcessId) => writeJson(join(session.dir, 'session.json'), { ...session, owner });
const left = () => readdirSync(join(out, '.sessions')).sort();
const status = (job: ProcessId) =>
  ({ id: 'a', job, key: 'k', status: 'running', started: 0, seconds: 0, resumed: false }) as const;

describe('removeOver', () => {
  it.each([
    ['its process is gone', gone],
    ['another process has its pid', reused],
  ])('removes a session of which the owner is gone: %s', async (_, owner) => {
    own(create(), owner);
    const { dir } = await createNext();
    expect(left()).toEqual([basename(dir)]);
  });

  it('leaves those that are alive, at work, or of another machine', async () => {
    const kept = [create(), create(), create()] as [Session, Session, Session];
    own(kept[1], gone);
    writeStatus(kept[1], status(thisProcess()));
    own(kept[2], elsewhere);
    const names = [...kept, await createNext()].map(({ dir }) => basename(dir));
    expect(left()).toEqual(names.sort());
  });

  it('removes after a week what cannot be known', async () => {
    const session = create();
    own(session, elsewhere);
    const unknown = join(out, '.sessions/unknown');
    mkdirSync(unknown);
    const old = new Date(Date.now() - 8 * 24 * 3600_000);
    for (const path of [consoleFile(session), unknown]) utimesSync(path, old, old);
    expect(left()).toHaveLength(2);
    expect(left()).toContain('unknown');
    expect([basename((await createNext()).dir)]).toEqual(left());
  });
});

it('a session whose owner is gone asks its stages to stop', async () => {
  const session = create();
  expect(stopRequested(session)).toBe(false);
  expect(stopRequested({ ...session, owner: gone })).toBe(true);
  expect(await running([status(thisProcess()), status(reused)])).toEqual([status(thisProcess())]);
});

it('a stage writes on where someone removed the folder', () => {
  const session = create();
  removeSession(session);
  expect(() => stageConsole(session).write('a line\n')).not.toThrow();
});
