import { appendFileSync, closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { consoleFile, type Session } from './session.ts';

/** Where lines for the user go. */
export interface Console {
  write(text: string): void;
  isTTY: boolean;
  columns: number;
}

let standardOutputFor: 'people' | 'programs' = 'people';

/** From now on standard output is for a program that reads it: what people read goes to standard error. */
export function leaveOutputToPrograms(): void {
  standardOutputFor = 'programs';
}

/** Where what people read goes. */
export const people = () => (standardOutputFor === 'people' ? process.stdout : process.stderr);

/** A line for who called us. */
export const print = (line: string): void => void people().write(`${line}\n`);

/** The console of a stage: the session's, or this process's own where DVC or Nx was called by hand. */
export function stageConsole(session: Session | undefined): Console {
  if (!session) {
    const { stdout } = process;
    return { write: (text) => void stdout.write(text), isTTY: stdout.isTTY ?? false, columns: stdout.columns || 100 };
  }
  const file = consoleFile(session);
  // Synchronous: a stage may keep the event loop busy for seconds.
  const write = (text: string) => {
    try {
      appendFileSync(file, text);
    } catch {
      // Nobody reads it: the folder was removed, or the disk is full. No reason to stop.
    }
  };
  return { write, isTTY: session.isTTY, columns: session.columns };
}

/** The same, and its lines, without bars that move, go to a file too. Where the disk is full, they do not. */
export function keepLines(console: Console, file: string, from: 'anew' | 'end'): Console {
  const add = (text: string) => {
    try {
      appendFileSync(file, text);
    } catch {
      // As for the console: no reason to stop.
    }
  };
  if (from === 'anew') rmSync(file, { recursive: true, force: true });
  const write = (text: string) => {
    console.write(text);
    const lines = text.replace(MOVES, '');
    if (lines.endsWith('\n')) add(lines);
  };
  return { ...console, write };
}

// "Back to the start of the line, and clear it" of a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
const MOVES = /\r|\x1b\[[\d;]*[A-Za-z]/g;

/**
 * Passes on what the session's stages write.
 *
 * @returns a function that passes on the rest and stops
 */
export function followConsole(session: Session, write: (text: Uint8Array) => void): () => void {
  const file = openSync(consoleFile(session), 'r');
  let position = 0;
  const pass = () => {
    const length = fstatSync(file).size - position;
    if (length <= 0) return;
    const chunk = Buffer.alloc(length);
    const read = readSync(file, chunk, 0, length, position);
    position += read;
    write(chunk.subarray(0, read));
  };
  const timer = setInterval(pass, 50);
  return () => {
    clearInterval(timer);
    pass();
    closeSync(file);
  };
}
