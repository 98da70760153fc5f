import { fileURLToPath } from 'node:url';

/** Root of the checkout, without a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
/** Pinned Python requirements. */
export const PYTHON_FOLDER = `${ROOT}/tools/bootstrap/python`;
export const VENV = `${ROOT}/.venv`;
export const VENV_PYTHON = `${VENV}/bin/python`;
export const CACHE = `${ROOT}/.cache`;
