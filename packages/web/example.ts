// Which proxy stands between this machine and an address, by the usual variables.
import { proxyFor } from '@simclr/web';

const env = { HTTPS_PROXY: 'http://user:secret@proxy.test:3128', NO_PROXY: 'inside.test' };
console.log(proxyFor(new URL('https://outside.test/a'), env)?.name); // http://proxy.test:3128
console.log(proxyFor(new URL('https://inside.test/a'), env)); // undefined
