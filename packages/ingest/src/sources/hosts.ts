/** Another file found out that a host does not answer; the message says why. */
export class KnownSilent extends Error {}

/** Which hosts answer: found out by the first that asks one, for which the others wait. */
export class Hosts {
  readonly #known = new Map<string, Promise<string | undefined>>();

  /**
   * @param get tells when the host has answered
   * @throws what `get` throws; or KnownSilent, with the same reason, where the host did not answer another
   */
  async ask<T>(host: string, get: (answers: () => void) => Promise<T>): Promise<T> {
    const known = this.#known.get(host);
    if (known) {
      const reason = await known;
      if (reason !== undefined) throw new KnownSilent(reason);
      return get(() => {});
    }
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#known.set(host, promise);
    try {
      const got = await get(() => resolve(undefined));
      resolve(undefined);
      return got;
    } catch (error) {
      resolve((error as Error).message);
      throw error;
    }
  }
}
