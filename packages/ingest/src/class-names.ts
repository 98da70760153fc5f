import { byCodePoint } from './folder-tree.ts';

/** The classes that labels name, each once, in order: of their code points, or of their values where all are numbers. */
export function classesOf(labels: Iterable<string>): string[] {
  const names = [...new Set(labels)];
  const areNumbers = names.every((name) => /^\d+$/.test(name));
  return names.sort((a, b) => (areNumbers ? Number(a) - Number(b) : 0) || byCodePoint(a, b));
}
