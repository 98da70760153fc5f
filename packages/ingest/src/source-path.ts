import { fileURLToPath } from 'node:url';
import { ownPath } from '@simclr/stage/own-path';

export { expandHome } from '@simclr/stage/own-path';

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The path of a folder or archive that a config names. @throws UserError as `ownPath` */
export const sourcePath = (named: string): string =>
  ownPath(REPOSITORY, named, 'folder or archive', 'ingest.datasets[].folder');
