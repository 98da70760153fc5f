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
  isRunning,
  removeSession,
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
const own = (session: Session, owner: ProcessId) => writeJson(join(session.dir, 'session.json'), { ...session, owner });
const left = () => readdirSync(join(out, '.sessions')).sort();
const status = (job: ProcessId) =>
  ({ id: 'a', job, key: 'k', status: 'running', started: 0, seconds: 0, resumed: false }) as const;

describe('createSession', () => {
  it.each([
    ['its process is gone', gone],
    ['another process has its pid', reused],
  ])('removes a session of which the owner is gone: %s', (_, owner) => {
    own(create(), owner);
    const { dir } = create();
    expect(left()).toEqual([basename(dir)]);
  });

  it('leaves those that are alive, at work, or of another machine', () => {
    const kept = [create(), create(), create()] as [Session, Session, Session];
    own(kept[1], gone);
    writeStatus(kept[1], status(thisProcess()));
    own(kept[2], elsewhere);
    const names = [...kept, create()].map(({ dir }) => basename(dir));
    expect(left()).toEqual(names.sort());
  });

  it('removes after a week what cannot be known', () => {
    const session = create();
    own(session, elsewhere);
    const unknown = join(out, '.sessions/unknown');
    mkdirSync(unknown);
    const old = new Date(Date.now() - 8 * 24 * 3600_000);
    for (const path of [consoleFile(session), unknown]) utimesSync(path, old, old);
    expect(left()).toHaveLength(2);
    expect(left()).toContain('unknown');
    expect([basename(create().dir)]).toEqual(left());
  });
});

it('a session whose owner is gone asks its stages to stop', () => {
  const session = create();
  expect(stopRequested(session)).toBe(false);
  expect(stopRequested({ ...session, owner: gone })).toBe(true);
  expect(isRunning(status(thisProcess()))).toBe(true);
  expect(isRunning(status(reused))).toBe(false);
});

it('a stage writes on where someone removed the folder', () => {
  const session = create();
  removeSession(session);
  expect(() => stageConsole(session).write('a line\n')).not.toThrow();
});
