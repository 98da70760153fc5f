import { fileURLToPath } from 'node:url';
import { ownPath } from '@simclr/stage/own-path';

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The path of a checkpoint that a config names. @throws UserError as `ownPath` */
export const sourcePath = (named: string): string => ownPath(REPOSITORY, named, 'file', 'importEncoder.file');
