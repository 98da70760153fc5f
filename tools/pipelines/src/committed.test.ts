import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfigFile } from './definition/config-file.ts';
import { loadPipeline, pipelineNames } from './definition/pipeline.ts';
import { loadStage, parseTaskConfig } from './definition/stages.ts';
import { expand } from './definition/tasks.ts';
import { findRoot, openWorkspace } from './definition/workspace.ts';

// What is checked when a pipeline starts, of all pipelines here.
const workspace = openWorkspace(findRoot(import.meta.dirname));

describe.each(pipelineNames(workspace.root))('%s', (name) => {
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const file = loadConfigFile(workspace.root, pipeline);

  it('has a config that every one of its tasks accepts', async () => {
    for (const task of tasks) parseTaskConfig(await loadStage(workspace, task), file, pipeline, task);
  });

  it('quotes the paper at items that it has', () => {
    const report = file.report as { study?: { paper?: Record<string, object> } } | undefined;
    const items = tasks.filter(({ stage }) => stage === 'linear-eval').map(({ id }) => id.replace('linear-eval@', ''));
    for (const numbers of Object.values(report?.study?.paper ?? {}))
      expect(items).toEqual(expect.arrayContaining(Object.keys(numbers)));
  });
});

it('leaves encoders out that were imported to where the README has them, and no package', () => {
  const read = (file: string) => readFileSync(join(workspace.root, file), 'utf8');
  const [folder] = /^npm run import -- \S+ (\w+)\//m.exec(read('README.md'))!.slice(1);
  expect(read('.gitignore').split('\n')).toContain(`/${folder}/`);
});
