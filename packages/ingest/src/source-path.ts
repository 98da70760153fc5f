import { ownPath } from '@simclr/stage/own-path';

export { expandHome, REPOSITORY } from '@simclr/stage/own-path';

/** The path of a folder or archive that a config names. @throws UserError as `ownPath` */
export const sourcePath = (named: string): string => ownPath(named, 'folder or archive', 'ingest.datasets[].folder');
