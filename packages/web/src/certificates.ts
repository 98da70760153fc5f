import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Env } from './proxy.ts';

/** Where Python's requests, curl and OpenSSL are told of authorities, in the order in which they are asked. */
const BUNDLES = ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'] as const;

/**
 * The authorities that the environment names instead of those built in; undefined where it names none.
 * NODE_EXTRA_CA_CERTS, which adds to those built in, is Node's own and counts where this is undefined.
 */
export function certificatesFromEnv(env: Env): Buffer[] | undefined {
  const variable = BUNDLES.find((name) => env[name]);
  return variable && readCertificates(env[variable]!, variable);
}

/** The PEM file at `path`, or all files of a folder of them. Throws a one-line error that names the variable. */
export function readCertificates(path: string, variable: string): Buffer[] {
  try {
    if (!statSync(path).isDirectory()) return [readFileSync(path)];
    // A folder as `c_rehash` makes them has links beside the files: the same certificate twice does no harm.
    return readdirSync(path).map((name) => readFileSync(join(path, name)));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`unreadable certificates: ${path} (${code}). ${variable} must name a PEM file`);
  }
}
