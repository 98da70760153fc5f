import { expect, it } from 'vitest';
import { readableName } from './file-tree.ts';

it('shows a name in one line, and does not let it move the cursor', () => {
  const latin = (name: string) => Buffer.from(name).toString('latin1');
  expect(readableName(latin('café/日本.png'))).toBe('café/日本.png');
  expect(readableName(latin('cat/a\nb\x1b[31m.png'))).toBe('cat/a\\x0ab\\x1b[31m.png');
});
