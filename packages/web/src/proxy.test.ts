import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Env, proxyFor } from './proxy.ts';

const via = (url: string, env: Env) => proxyFor(new URL(url), env)?.url.href;
const P = 'http://proxy:3128/';

describe('proxyFor', () => {
  it('goes by the address’s scheme, else by ALL_PROXY; lower case first', () => {
    const env = { http_proxy: 'http://a:1', HTTPS_PROXY: 'https://b:2', ALL_PROXY: 'http://c:3' };
    expect(via('http://host/x', env)).toBe('http://a:1/');
    expect(via('https://host/x', env)).toBe('https://b:2/');
    expect(via('https://host', { ALL_PROXY: 'http://c:3' })).toBe('http://c:3/');
    expect(via('http://host', { http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:2' })).toBe('http://a:1/');
    expect(via('http://host', { HTTPS_PROXY: P })).toBeUndefined();
    expect(via('http://host', {})).toBeUndefined();
  });

  it('takes a proxy without a scheme, and an empty value for none', () => {
    expect(via('http://host', { http_proxy: 'proxy:3128' })).toBe(P);
    expect(via('http://host', { HTTP_PROXY: ' ' })).toBeUndefined();
    expect(via('http://host', { http_proxy: '', HTTP_PROXY: P })).toBeUndefined();
  });

  it.each([
    ['*', 'http://any.org', true],
    ['a.org', 'http://a.org', true],
    ['a.org', 'http://x.a.org:8080', true],
    ['a.org', 'http://aa.org', false],
    ['.a.org', 'http://a.org', true],
    ['*.a.org', 'http://x.y.a.org', true],
    ['b.org, A.ORG', 'https://a.org', true],
    ['b.org a.org', 'https://a.org.', true],
    ['a.org:8080', 'http://a.org:8080', true],
    ['a.org:8080', 'http://a.org', false],
    ['a.org:443', 'https://a.org', true],
    ['10.1.2.3', 'http://10.1.2.3:5000', true],
    ['10.0.0.0/8', 'http://10.1.2.3', true],
    ['10.0.0.0/16', 'http://10.1.2.3', false],
    ['1.2.3', 'http://0.1.2.3', false],
    ['fd00::/8', 'http://[fd00::1]:80', true],
    ['[fd00::1]', 'http://[fd00::1]', true],
    ['fd00::1', 'http://[fd00::1]', true],
    ['[fd00::1]:81', 'http://[fd00::1]:81', true],
    ['[fd00::1]:81', 'http://[fd00::1]:82', false],
    ['10.0.0.0/99,a/b/c,:,[,/8', 'http://10.1.2.3', false],
    ['', 'http://any.org', false],
  ])('NO_PROXY=%s leaves %s direct: %s', (list, url, direct) => {
    expect(via(url, { ALL_PROXY: P, NO_PROXY: list }) === undefined).toBe(direct);
    expect(via(url, { ALL_PROXY: P, no_proxy: list }) === undefined).toBe(direct);
  });

  it('never goes through a proxy to loopback: its own server would be out of reach', () => {
    for (const host of ['127.0.0.1:5000', '127.8.9.1', 'localhost:5000', 'x.localhost', '[::1]:5000'])
      expect(via(`http://${host}/`, { http_proxy: P })).toBeUndefined();
    expect(via('http://localhost.org', { http_proxy: P })).toBe(P);
  });

  it('says in one line what is wrong, without the password', () => {
    const of = (value: string) => () => via('http://host', { HTTP_PROXY: value });
    expect(of('http://me:pa#ss@proxy:1')).toThrow(/^invalid proxy: HTTP_PROXY\. allowed: .*# %23/);
    expect(of('http://me:100%@proxy:1')).toThrow(/^invalid proxy: HTTP_PROXY/);
    expect(of('socks5://me:secret@proxy:1080')).toThrow(
      /^unknown kind of proxy: socks5:\/\/proxy:1080 \(HTTP_PROXY\)\. allowed: (?!.*secret)/,
    );
  });

  it('finds a proxy or none for any list', () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl(), (list, url) => {
        expect([undefined, P]).toContain(via(url, { ALL_PROXY: P, NO_PROXY: list }));
      }),
    );
  });
});
