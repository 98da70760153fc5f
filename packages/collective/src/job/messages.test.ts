import { expect, it } from 'vitest';
import { messageReader, type RankMessage, readDeath, writeMessage } from './messages.ts';

it('reads messages from chunks, between lines of others', () => {
  const [messages, lines]: [RankMessage[], string[]] = [[], []];
  const read = messageReader(
    (message) => void messages.push(message),
    (line) => void lines.push(line),
  );
  const said = writeMessage({ kind: 'said', value: { text: 'a\nb' } });
  for (const chunk of ['hel', 'lo\n', said.slice(0, 9), said.slice(9), `${said.slice(0, 9)}\n`, said]) read(chunk);
  expect(messages).toEqual([
    { kind: 'said', value: { text: 'a\nb' } },
    { kind: 'said', value: { text: 'a\nb' } },
  ]);
  expect(lines).toEqual(['hello']);
});

const rankOf = (pid: number) => (pid === 77 ? 5 : undefined);

it.each([
  [
    'mpirun noticed that process rank 1 with PID 0 on node vm exited on signal 9 (Killed).',
    1,
    'signal 9 (Killed) on vm',
  ],
  ['MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD\nwith errorcode 42.', 2, 'it aborted with code 42'],
  ['  Process name: [[18018,1],3]\n  Exit code:    5\n', 3, 'exit code 5'],
  ['srun: error: node2: task 4: Killed', 4, 'Killed on node2'],
  ['=   PID 77 RUNNING AT vm\n=   EXIT CODE: 9\n', 5, 'exit code 9 on vm'],
])('reads which rank died: %s', (words, rank, how) => {
  expect(readDeath(words, rankOf)).toEqual({ rank, how });
});

it('knows of no death where nobody tells of one', () => {
  expect(readDeath('WARNING: a line of TensorFlow', rankOf)).toBeUndefined();
});
