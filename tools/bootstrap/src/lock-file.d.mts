export function readLockFile(text: string): { fetched: string; links: string[] };
