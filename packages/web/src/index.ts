/**
 * Requests over the network as the machine's owner wants them: through its proxy, trusting its authorities.
 *
 * {@link ../example.ts} runs.
 */
export { readCertificates } from './certificates.ts';
export { WebError } from './errors.ts';
export { createFetch, type Fetch, type TlsOptions } from './fetch.ts';
export { type Env, proxyFor } from './proxy.ts';
