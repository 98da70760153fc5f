// Two threads at once give the add-on attribute names that it has not seen. Ends with 0 if nothing else happens.
import { isMainThread, SHARE_ENV, Worker, workerData } from 'node:worker_threads';
import { native } from '../trace/binding.ts';

const THREADS = 2;
const NAMES = 20_000;
const FLOAT = 1;

if (isMainThread) {
  const ready = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < THREADS; i++) new Worker(new URL(import.meta.url), { env: SHARE_ENV, workerData: ready });
} else {
  const ready = workerData as Int32Array;
  const input = native.createTensor([], FLOAT, new Float32Array(1));
  Atomics.add(ready, 0, 1);
  while (Atomics.load(ready, 0) < THREADS);
  for (let i = 0; i < NAMES; i++) {
    const attr = { name: `name${(i * 7919) % NAMES}`, type: native.TF_ATTR_INT, value: 1 };
    try {
      native.executeOp('Identity', [attr], [input], 1);
    } catch {
      // TensorFlow knows no such attribute. By then the add-on has taken its name.
    }
  }
}
