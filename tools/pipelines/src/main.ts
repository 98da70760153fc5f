/**
 * The command line of the pipelines: `run` is for people, `task` is what Nx calls, `exec` what DVC calls, `own-data` both.
 *
 *     node tools/pipelines/src/main.ts run quickstart [stage…]     bring a pipeline, or some of its stages, up to date
 *     node tools/pipelines/src/main.ts run quickstart --force ingest    … and make the data of a stage anew
 *     node tools/pipelines/src/main.ts run quickstart --register   … and register its encoder as a version of a model in MLflow
 *     node tools/pipelines/src/main.ts run quickstart --json       … and say the outcome as JSON on standard output
 *     node tools/pipelines/src/main.ts dry-run quickstart [stage…] check the config; say what it comes to; start nothing
 *     node tools/pipelines/src/main.ts accept quickstart pretrain --reason '…'  results stay, though the code changed
 *     node tools/pipelines/src/main.ts sync [--check]              dvc.yaml, keys.json, JSON Schemas from every pipeline.yaml
 *     node tools/pipelines/src/main.ts mlflow start|stop|sync      the local server; sync sends what waits in journals
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// A run starts this program twice for each of its tasks, and a stage its threads and tracing children, which know of this
// by the environment: what they load is stripped of types and compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../../.cache/compiled');
enableCompileCache(process.env.NODE_COMPILE_CACHE);
await import('./command-line.ts');
