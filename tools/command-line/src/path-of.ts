import { resolve } from 'node:path';

/** npm runs scripts at the root of the repository; paths are meant from where it was called. */
export const pathOf = (path: string): string => resolve(process.env.INIT_CWD ?? process.cwd(), path);
