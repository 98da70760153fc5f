import type { ProcessId } from '../launch/process-id.ts';
import type { Copy } from '../launch/this-copy.ts';
import { readJsonIfSound, type TaskFolder } from './task-folder.ts';

/** work/state.json: the run that may be resumed, if its inputs are still the same. */
export interface WorkState {
  fingerprint: string;
  key: string;
  /** It is made though nothing changed: a result that someone remembers does not take its place. */
  forced?: boolean;
  /** Who works in the folder, or did last. */
  process: ProcessId;
  /** The folder itself: in a copy of it, nobody does. */
  folder: string;
  /** Of a scheduler's job: which one, and which of its copies. */
  copy?: Copy | undefined;
}

export const readState = ({ state }: TaskFolder): WorkState | undefined =>
  readJsonIfSound<WorkState>(state, 'fingerprint', 'key', 'process');
