import { publishFolder, type StageResult, UserError, writeJson, writeManifest } from '@simclr/stage';
import type { RunRecord } from './run-record.ts';
import { writeSealed } from './sealed.ts';
import { markSound } from './soundness.ts';
import { dataDigest, type TaskFolder } from './task-folder.ts';

/** JSON has no others, and nothing is compared by them. */
export function requireNumbers(metrics: StageResult['metrics']): void {
  for (const [name, value] of Object.entries(metrics))
    if (!Number.isFinite(value)) throw new UserError(`metric ${name}: ${value}. allowed: a finite number`);
}

/** The manifest last in the folder, the folder by rename, then what says that it is there. */
export function publish(folder: TaskFolder, out: string, result: StageResult, record: RunRecord): void {
  writeManifest(out);
  publishFolder(out, folder.data);
  markSound(folder);
  writeJson(folder.metrics, result.metrics);
  writeSealed(folder.run, { ...record, digest: dataDigest(folder) });
}
