import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSealed, writeSealed } from '../run/sealed.ts';
import { alone } from './alone.ts';
import { capacity, coresOf, type Resources, type Share } from './capacity.ts';
import { isAlive, type ProcessId, thisProcess } from './process-id.ts';

/** A place in the line for the machine, in the order in which tasks came; the first ones have what they asked for. */
interface Place extends Share {
  /** Whose task it is. */
  process: ProcessId;
  /** The task, for those that wait. */
  name: string;
  granted: boolean;
}

export interface Lease {
  share: Share;
  release(): Promise<void>;
}

const EVERY_MS = 100;

/** All of this user's runs on this machine share it, in whatever checkout: elsewhere only where someone names another folder. */
const folder = () => process.env.SIMCLR_LEASES ?? join(tmpdir(), `simclr-leases-${userInfo().uid}`);

/**
 * Waits for a part of the machine. Who came first is served first, so that a stage that needs all of it is not passed by for
 * ever. What a process holds that is gone, is free.
 *
 * @param info takes a line where it waits
 * @param stopped whether nobody wants the task any more
 * @returns undefined where it was stopped before
 */
export async function takeLease(
  name: string,
  wanted: Resources,
  info: (line: string) => void,
  stopped: () => boolean,
): Promise<Lease | undefined> {
  const machine = capacity();
  const mine = { process: thisProcess(), name };
  const asked: Place = {
    ...mine,
    cpu: coresOf(wanted, machine),
    memory: wanted.memory ?? 0,
    gpus: [],
    granted: false,
  };
  let told = false;
  for (;;) {
    const places = await change((line) => grant(line.some(isMine) ? line : [...line, asked], wanted.gpu ?? 0, machine));
    const place = places.find(isMine)!;
    if (place.granted) return { share: place, release };
    if (stopped()) {
      await release();
      return undefined;
    }
    if (!told) info(`waits for its part of the machine: ${taken(places)}`);
    told = true;
    await sleep(EVERY_MS);
  }

  function isMine(place: Place): boolean {
    return place.process.pid === mine.process.pid && place.process.host === mine.process.host && place.name === name;
  }
  async function release(): Promise<void> {
    await change((line) => line.filter((place) => !isMine(place)));
  }
}

/** Gives those in front what they asked for, as long as there is enough; GPUs by number. */
function grant(line: Place[], gpu: number, machine: Share): Place[] {
  const held = line.filter(({ granted }) => granted);
  const next = line.find(({ granted }) => !granted);
  if (!next) return line;
  const sum = (of: (place: Place) => number) => held.reduce((total, place) => total + of(place), of(next));
  const used = new Set(held.flatMap(({ gpus }) => gpus));
  const free = machine.gpus.filter((name) => !used.has(name));
  const enough = sum(({ cpu }) => cpu) <= machine.cpu && sum(({ memory }) => memory) <= machine.memory;
  // Whose turn it is asks for itself: no one else knows how many GPUs that are.
  const isMe = next.process.pid === process.pid;
  if (!isMe || !enough || free.length < gpu) return line;
  return line.map((place) => (place === next ? { ...place, gpus: free.slice(0, gpu), granted: true } : place));
}

function change(to: (line: Place[]) => Place[]): Promise<Place[]> {
  // A line for each machine: the folder may be one that several see.
  const file = join(folder(), `line-${hostname()}.json`);
  return alone(join(folder(), 'lock'), () => {
    const known = readSealed<{ places: Place[] }>(file, 'places')?.places ?? [];
    const line = known.filter((place) => place?.process && isAlive(place.process));
    const after = to(line);
    if (JSON.stringify(after) !== JSON.stringify(known)) writeSealed(file, { places: after });
    return after;
  });
}

function taken(places: Place[]): string {
  const held = places.filter(({ granted }) => granted);
  return (
    held.map(({ name, process: { pid } }) => `${name} is at work (process ${pid})`).join(', ') || 'others came first'
  );
}
