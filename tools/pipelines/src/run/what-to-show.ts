import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '../definition/tasks.ts';
import type { StageRow } from './note.ts';
import { readRun } from './run-record.ts';
import type { SessionResult } from './run-session.ts';
import { readJsonIfSound, receiptDigest, taskFolder } from './task-folder.ts';

/** What there is to show of each task that has a result. */
export function stageRows(root: string, tasks: Task[], result: SessionResult): StageRow[] {
  return tasks.flatMap((task): StageRow[] => {
    const folder = taskFolder(root, task);
    const record = readRun(folder.run);
    if (!record || !receiptDigest(folder)) return [];
    const metrics = readJsonIfSound<Record<string, number>>(folder.metrics) ?? {};
    const status = result.statuses.find(({ id, key }) => id === task.id && key === record.key);
    const state = record.accepted ? 'accepted' : 'cached';
    if (!status) return [{ id: task.id, state, metrics, key: record.key }];
    return [
      { id: task.id, state: status.resumed ? 'resumed' : 'ran', seconds: status.seconds, metrics, key: record.key },
    ];
  });
}

/** Files that the last stages published for people: pages, and what stands at the end of a run. */
export function lastFiles(root: string, tasks: Task[], wanted: (file: string) => boolean): string[] {
  const needed = new Set(tasks.flatMap((task) => task.needs.map((need) => need.id)));
  return tasks
    .filter((task) => !needed.has(task.id))
    .flatMap((task) => {
      const { data } = taskFolder(root, task);
      return (existsSync(data) ? readdirSync(data) : []).filter(wanted).map((file) => join(data, file));
    });
}
