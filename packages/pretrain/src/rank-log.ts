import type { Progress, StageLog } from '@simclr/stage';

/** What a rank says to its log: a call as plain JSON. Numbers are text, since JSON has no NaN. */
type Said =
  | { call: 'info'; message: string }
  | { call: 'params' | 'machine'; values: Record<string, string | number | boolean> }
  | { call: 'tags'; values: Record<string, string> }
  | { call: 'metrics'; values: Record<string, string>; step?: number | undefined }
  | { call: 'image'; key: string; png: string; step?: number | undefined }
  | { call: 'artifact'; path: string; base64: string }
  | { call: 'dataset'; dataset: Parameters<StageLog['dataset']>[0] }
  | { call: 'progress'; total: number; unit: string }
  | { call: 'update'; done: number; extra?: string | undefined }
  | { call: 'stop' };

/** The log of a rank, which goes to whoever started it. */
export function sendLog(say: (said: Said) => void): StageLog {
  const base64 = (data: Uint8Array | string) => Buffer.from(data as Uint8Array).toString('base64');
  return {
    info: (message) => say({ call: 'info', message }),
    params: (values) => say({ call: 'params', values }),
    machine: (values) => say({ call: 'machine', values }),
    tags: (values) => say({ call: 'tags', values }),
    metrics(metrics, step) {
      const values = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, String(value)]));
      say({ call: 'metrics', values, step });
    },
    image: (key, png, step) => say({ call: 'image', key, png: base64(png), step }),
    artifact: (path, data) => say({ call: 'artifact', path, base64: base64(data) }),
    dataset: (dataset) => say({ call: 'dataset', dataset }),
    progress(total, unit) {
      say({ call: 'progress', total, unit });
      return { update: (done, extra) => say({ call: 'update', done, extra }), stop: () => say({ call: 'stop' }) };
    },
  };
}

/** Logs what a rank has said. `close` ends a progress bar that it had no time to end. */
export function receiveLog(log: StageLog): { onSaid(said: unknown): void; close(): void } {
  let bar: Progress | undefined;
  const onSaid = (value: unknown) => {
    const said = value as Said;
    switch (said.call) {
      case 'info':
        return log.info(said.message);
      case 'params':
      case 'machine':
        return log[said.call](said.values);
      case 'tags':
        return log.tags(said.values);
      case 'metrics': {
        const values = Object.entries(said.values).map(([name, text]) => [name, Number(text)] as const);
        return log.metrics(Object.fromEntries(values), said.step);
      }
      case 'image':
        return log.image(said.key, Buffer.from(said.png, 'base64'), said.step);
      case 'artifact':
        return log.artifact(said.path, Buffer.from(said.base64, 'base64'));
      case 'dataset':
        return log.dataset(said.dataset);
      case 'progress':
        bar = log.progress(said.total, said.unit);
        return;
      case 'update':
        return bar?.update(said.done, said.extra);
      case 'stop':
        return bar?.stop();
    }
  };
  return { onSaid, close: () => bar?.stop() };
}
