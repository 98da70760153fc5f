import type { ProxyServer } from './proxy.ts';

/** Why there is no answer, in a line that says what to change. */
export class WebError extends Error {
  override name = 'WebError';
  /** `CERTIFICATE`, `PROXY` (it answers, and refuses), `PROXY_UNREACHABLE`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same request may succeed later, with nothing changed. */
  get transient(): boolean {
    return this.code === 'PROXY_UNREACHABLE';
  }
}

const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/** The error of a request in words, where it is of the proxy's or the certificate's making; else as it is. */
export function explain(error: unknown, url: URL, proxy: ProxyServer | undefined): unknown {
  if (!(error instanceof Error)) return error;
  // Of a name with several addresses, one error each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '', message } = first as NodeJS.ErrnoException;
  if (proxy && code === 'ERR_PROXY_TUNNEL') {
    const status = /HTTP\/1\.\d (\d{3}.*)/.exec(message)?.[1]?.trim();
    return status ? proxyAnswer(status, url, proxy) : new WebError('PROXY', `${message} (${named(proxy)})`);
  }
  if (proxy && NOT_REACHED.has(code)) {
    return new WebError('PROXY_UNREACHABLE', `proxy not reachable: ${named(proxy)}: ${code}`, { cause: error });
  }
  if (CERTIFICATE.test(code)) {
    const hint = 'NODE_EXTRA_CA_CERTS=<file.pem> adds an authority';
    return new WebError('CERTIFICATE', `certificate not trusted: ${url.host} (${code}). ${hint}`, { cause: error });
  }
  return first;
}

/** The error of a proxy that answers itself. `status` begins with the number. */
export function proxyAnswer(status: string, url: URL, proxy: ProxyServer): WebError {
  if (!status.startsWith('407')) {
    // 502 to 504 say that the proxy did not reach the host just now.
    const code = /^50[234]/.test(status) ? 'PROXY_UNREACHABLE' : 'PROXY';
    return new WebError(code, `proxy answers ${status} for ${url.host}: ${named(proxy)}`);
  }
  const what = proxy.url.username ? 'proxy refuses the credentials' : 'proxy asks for credentials';
  return new WebError(
    'PROXY',
    `${what}: ${named(proxy)}. allowed: ${proxy.url.protocol}//user:password@${proxy.url.host}`,
  );
}

/**
 * The agents of a Node before 22.21, or 24.5, pass a proxy over without a word: what it was to see would go another way.
 *
 * @param version of Node, `24.21.0`
 */
export function requireProxies(proxy: ProxyServer, version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21)) return;
  throw new WebError(
    'PROXY',
    `no proxies in node ${version}: ${named(proxy)}. allowed: 22.21 and later of 22, 24.5 and later. npm run setup installs one that the commands of package.json take`,
  );
}

const named = ({ name, variable }: ProxyServer): string => `${name} (${variable})`;
