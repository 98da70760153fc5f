/**
 * What the commands of all tools have in common: a description that both their help and their reading follow. A tool's `main.ts`
 * calls `runTool` with it.
 */
export type { Command, Given, Option } from './command.ts';
export { asksHelp, columns, helpOf } from './help.ts';
export { hint } from './nearest.ts';
export { pathOf } from './path-of.ts';
export { quietly } from './quietly.ts';
export { readCommand } from './read-command.ts';
export { runTool } from './run-tool.ts';
