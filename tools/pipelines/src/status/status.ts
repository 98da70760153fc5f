import { pathOf } from '@simclr/command-line';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { pipelineNames } from '../definition/pipeline.ts';
import type { Workspace } from '../definition/workspace.ts';
import { type PipelineStatus, readStatus } from './read-status.ts';
import { statusTable } from './table.ts';

/**
 * Prints how a pipeline stands, or all of them.
 *
 * @param options.page a file that gets the same as a page, with the graph
 * @returns the exit code
 */
export async function status(
  workspace: Workspace,
  name: string | undefined,
  { json = false, page }: { json?: boolean | undefined; page?: string | undefined },
): Promise<number> {
  const mistakes: string[] = [];
  const all: PipelineStatus[] = [];
  for (const each of name === undefined ? pipelineNames(workspace.root) : [name]) {
    try {
      all.push(await readStatus(workspace, each));
    } catch (error) {
      // Of all pipelines, one with a mistake keeps none of the others back.
      if (name !== undefined || !(error instanceof UserError)) throw error;
      mistakes.push(error.message);
    }
  }
  const now = Date.now();
  const isNew = ({ tasks }: PipelineStatus) => name === undefined && tasks.every(({ state }) => state === 'never run');
  if (page !== undefined) {
    const { statusPage } = await import('./page.ts');
    const file = pathOf(page);
    const shown = all.filter((each) => !isNew(each));
    writeFileAtomic(file, statusPage(shown.length ? shown : all, now));
    process.stderr.write(`page: ${file}\n`);
  }
  if (json) {
    process.stdout.write(`${JSON.stringify(name === undefined ? all : all[0], null, 2)}\n`);
  } else {
    const terminal = process.stdout.isTTY && !process.env.NO_COLOR;
    const tables = all.filter((each) => !isNew(each)).map((each) => statusTable(each, now, terminal));
    const fresh = all.filter(isNew).map(({ pipeline }) => pipeline);
    if (fresh.length) tables.push(`never run: ${fresh.join(', ')}\n`);
    process.stdout.write(tables.join('\n'));
  }
  for (const line of mistakes) process.stderr.write(`${line}\n`);
  return mistakes.length ? 1 : 0;
}
