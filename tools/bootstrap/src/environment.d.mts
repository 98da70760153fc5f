export function childEnvironment(
  env: Record<string, string | undefined>,
  root: string,
  cwd?: string,
): { env: Record<string, string>; note?: string };
export function adoptEnvironment(root: string): void;
