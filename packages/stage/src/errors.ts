/**
 * A mistake of the user's (a bad config, a missing archive), told in one line: lower case, `thing: value`, what was
 * allowed, the next command. Commands print the message alone, without a stack, and exit 1.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** Thrown by a stage that was told to stop and has written its checkpoint. The command exits 75: "resume me". */
export class Interrupted extends Error {
  override name = 'Interrupted';
  constructor(message = 'interrupted: run again to resume') {
    super(message);
  }
}
