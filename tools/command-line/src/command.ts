export interface Option {
  /** What follows it: `<stage>`; nothing follows a switch. */
  value?: string;
  /** May be there many times. */
  many?: true;
  says: string;
}

export interface Command {
  /** What follows its name: all of it needed, but what is in brackets; … may be there many times. */
  names: string[];
  options?: Record<string, Option>;
  /** What it does, in a line. */
  says: string;
  /** What a user might type after `npx simclr`. */
  example: string;
}

type Values<O> = {
  [K in keyof O]?: O[K] extends { value: string } ? (O[K] extends { many: true } ? string[] : string) : true;
};

/** What a command was given: the words that follow it, and the values of its options. */
export interface Given<C extends Command> {
  names: string[];
  options: C extends { options: infer O } ? Values<O> : Record<string, never>;
}
