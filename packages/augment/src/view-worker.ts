// A worker thread that makes views: told of a task, it fills its part of the shared ring and says so.
import { parentPort, workerData } from 'node:worker_threads';
import { type ViewSource, type ViewTask, viewMaker } from './view-task.ts';

const make = viewMaker(workerData as ViewSource);
parentPort!.on('message', (task: ViewTask & { id: number }) => {
  make(task);
  parentPort!.postMessage(task.id);
});
