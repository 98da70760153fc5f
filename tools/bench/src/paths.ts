import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This folder. */
export const HERE = import.meta.dirname;
const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
/** What benchmarks download and prepare. */
export const CACHE = join(REPOSITORY, '.cache/bench');
/** Results, a file a benchmark. */
export const RESULTS = join(REPOSITORY, 'bench');
/** The development data; a clone elsewhere has none. */
export const SHARED_DATA = join(REPOSITORY, '../shared/data');
/** What `npm run setup` installs of Python: MLflow. */
export const VENV = join(REPOSITORY, '.venv');
