import { UserError } from '@simclr/stage';

const OPTIONS =
  /--(prefix|normalize|pool-padding|stem-stride|stem-padding|stem-pool|bottleneck-stride|preprocess|output)\b/g;

/** What is said of options of `npm run import`, said of keys of a config: `--stem-stride 1` is `stemStride 1`. */
export const asConfig = (text: string): string =>
  text.replace(OPTIONS, (_, name: string) => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()));

/** Runs `work`; a UserError of it speaks of keys of the config. */
export function inConfigWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(asConfig(error.message));
    throw error;
  }
}
