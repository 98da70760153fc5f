/**
 * What a lock file asks for: packages that are fetched, and ours, which npm only links. One more of ours, linked by `npm install`,
 * makes no other worth fetching again.
 *
 * @param {string} text of package-lock.json
 * @returns {{ fetched: string, links: string[] }} the fetched ones as JSON; paths of the links from the root
 */
export function readLockFile(text) {
  /** @type {[string, { link?: boolean }][]} */
  const installed = Object.entries(JSON.parse(text).packages).filter(([path]) => path.includes('node_modules/'));
  return {
    fetched: JSON.stringify(installed.filter(([, { link }]) => !link)),
    links: installed.filter(([, { link }]) => link).map(([path]) => path),
  };
}
