import { BlockList, isIP } from 'node:net';

export type Env = Record<string, string | undefined>;

export interface ProxyServer {
  /** http: or https:, credentials included. */
  url: URL;
  /** Without credentials, for messages. */
  name: string;
  /** The environment variable that it comes from. */
  variable: string;
}

/**
 * The proxy on the way to `url`, or undefined where it is reached directly: HTTP_PROXY or HTTPS_PROXY by the address's
 * own scheme, else ALL_PROXY; a lower-case name goes first, and an empty value is none, as in Python's requests.
 *
 * Loopback is always direct, whatever NO_PROXY says: there a proxy would reach its own machine, not ours.
 *
 * @throws Error one line, for a value that is no address, and for a kind of proxy that is not spoken here (SOCKS)
 */
export function proxyFor(url: URL, env: Env): ProxyServer | undefined {
  const host = hostOf(url);
  if (isLoopback(host)) return undefined;
  const found = read(env, `${url.protocol.slice(0, -1)}_proxy`) ?? read(env, 'all_proxy');
  if (!found || bypassed(host, url, read(env, 'no_proxy')?.text ?? '')) return undefined;
  return parse(found);
}

function read(env: Env, name: string): { variable: string; text: string } | undefined {
  const variable = env[name] === undefined ? name.toUpperCase() : name;
  const text = env[variable]?.trim();
  return text ? { variable, text } : undefined;
}

function parse({ variable, text }: { variable: string; text: string }): ProxyServer {
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The value is not shown: it may hold a password.
  if (!URL.canParse(address) || !decodable(new URL(address))) {
    throw new Error(
      `invalid proxy: ${variable}. allowed: http://host:port, http://user:password@host:port; ` +
        'in the password % is %25, @ %40, # %23, / %2F',
    );
  }
  const url = new URL(address);
  const name = `${url.protocol}//${url.host}`;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(
      `unknown kind of proxy: ${name} (${variable}). allowed: http://host:port, https://host:port; ` +
        'or name the host in NO_PROXY',
    );
  }
  return { url, name, variable };
}

function decodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** Without the brackets of IPv6, and without the dot that ends an absolute name. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || inList(loopback, host);
}

function inList(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Whether NO_PROXY names the host, as curl reads it: `*`; a domain, which stands for what is below it too (`a.org`,
 * `.a.org`, `*.a.org`); an address; a network (`10.0.0.0/8`); each but the first and the last with a port or without.
 */
function bypassed(host: string, url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true;
      if (entry.includes('/')) return inNetwork(host, entry);
      const [, name = '', only] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
      if (only !== undefined && only !== port) return false;
      const bare = name
        .replace(/^\[|\]$/g, '')
        .replace(/^\*?\./, '')
        .replace(/\.$/, '');
      return bare !== '' && (host === bare || (!isIP(host) && host.endsWith(`.${bare}`)));
    });
}

function inNetwork(host: string, entry: string): boolean {
  const [, address = '', bits = ''] = /^\[?([^\]]*)\]?\/(\d+)$/.exec(entry) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const network = new BlockList();
  network.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return inList(network, host);
}
