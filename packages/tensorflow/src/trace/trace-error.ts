/** A mistake in a traced function, with the line of user code that made it. */
export class TraceError extends Error {
  override name = 'TraceError';
  /** @param origin where it was made; here by default */
  constructor(message: string, origin: Error = new Error()) {
    super(`${message}${userLine(origin)}`);
  }
}

const OURS = /packages\/tensorflow\/src\/(?!.*\.test\.ts|testdata)/;

/** The innermost frame that is neither tfjs, Node, nor this package. */
function userLine({ stack = '' }: Error): string {
  const frame = stack
    .split('\n')
    .find((line) => line.includes('file://') && !line.includes('node_modules') && !OURS.test(line));
  const at = frame && /file:\/\/([^)]+)/.exec(frame)?.[1];
  return at ? `. at ${at}` : '';
}
