import type { StdioOptions } from 'node:child_process';

export function foreground(
  name: string,
  args: string[],
  env?: Record<string, string | undefined>,
  stdio?: StdioOptions,
): Promise<number>;
