import { expect, it } from 'vitest';
import { requireProxies } from './errors.ts';

const proxy = { url: new URL('http://me:secret@proxy:3128'), name: 'http://proxy:3128', variable: 'HTTP_PROXY' };

it.each(['20.19.5', '22.20.0', '23.11.1', '24.4.1'])('says that node %s would go past a proxy', (version) => {
  expect(() => requireProxies(proxy, version)).toThrow(
    `no proxies in node ${version}: http://proxy:3128 (HTTP_PROXY). allowed: 22.21 and later of 22, 24.5 and later. ` +
      'npm run setup installs one that the commands of package.json take',
  );
});

it.each([
  '22.21.0',
  '24.5.0',
  '24.21.0',
  '26.0.0',
  process.versions.node,
])('knows that node %s takes them', (version) => {
  expect(() => requireProxies(proxy, version)).not.toThrow();
});
