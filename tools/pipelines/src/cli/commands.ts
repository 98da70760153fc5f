import type { Command as AnyCommand, Option } from '@simclr/command-line';
import { DATASETS_COMMAND } from '@simclr/datasets/usage';
import { EVALUATE } from '@simclr/evaluate/usage';
import { EXPORT } from '@simclr/export/usage';
import { IMPORT } from '@simclr/import/usage';

export interface Command extends AnyCommand {
  /** The tool whose command it is, which reads by itself what follows; and what it is told before that. */
  tool?: { folder: string; args: string[] };
  /** Called by Nx and DVC: not in the help. */
  inner?: true;
}

const json: Option = { says: 'for programs: JSON on standard output' };
const stages = ['<pipeline>', '[stage…]'];
/** All that the command line takes. */
export const COMMANDS = {
  run: {
    names: stages,
    options: {
      set: { value: '<key=value>', many: true, says: 'write a value into the config first: pretrain.epochs=5' },
      force: { value: '<stage>', many: true, says: 'make the data of that stage anew' },
      from: { value: '<stage>', many: true, says: 'make anew that stage and all that follows it' },
      only: { says: 'nothing but the stages named: an error where what they need is not up to date' },
      jobs: { value: '<number>', says: 'tasks that may be at work at once' },
      register: { says: 'make its encoders versions of a registered model in MLflow' },
      json,
    },
    says: 'bring a pipeline, or some stages and what they need, up to date',
    example: 'run quickstart linear-eval --set linearEval.l2s=[1,10]',
  },
  'dry-run': {
    names: stages,
    says: 'check the config; say steps, memory, expected accuracy; start nothing',
    example: 'dry-run cifar10',
  },
  why: {
    names: stages,
    options: { json },
    says: 'what would run, and which key, file or version changed since the results were made',
    example: 'why quickstart report',
  },
  status: {
    names: ['[pipeline]'],
    options: { json, page: { value: '<file>', says: 'write the same as a page, with the graph' } },
    says: 'how the tasks of a pipeline stand, or those of all',
    example: 'status quickstart --page status.html',
  },
  logs: {
    names: ['<pipeline>', '<stage>'],
    says: 'what a stage said when it last ran, and why it failed',
    example: 'logs quickstart pretrain',
  },
  verify: {
    names: ['<pipeline>', '<stage>'],
    options: { json },
    says: 'run a stage again in a scratch folder, and compare with what is recorded',
    example: 'verify quickstart linear-eval',
  },
  accept: {
    names: ['<pipeline>', '<stage>', '[stage…]'],
    options: { reason: { value: '<text>', says: 'why the change does not matter; needed' } },
    says: 'results stay, though the code that made them changed',
    example: "accept quickstart pretrain --reason 'renamed a variable'",
  },
  push: {
    names: ['[pipeline]', '[stage…]'],
    says: "copy results to DVC's remote",
    example: 'push quickstart',
  },
  pull: {
    names: ['[pipeline]', '[stage…]'],
    options: { data: { says: 'bring the data of all of them now' } },
    says: "bring results from DVC's remote: a run makes none of them again",
    example: 'pull quickstart',
  },
  gc: {
    names: [],
    options: { yes: { says: 'remove it' } },
    says: 'what nothing needs any more, and what removing it frees',
    example: 'gc --yes',
  },
  sync: {
    names: [],
    options: { check: { says: 'write nothing; fail where a file is out of date' } },
    says: 'write dvc.yaml, keys.json and schemas from pipeline.yaml, configs and code',
    example: 'sync --check',
  },
  mlflow: {
    names: ['start|stop|sync'],
    says: "the local server of MLflow; sync sends what waits in the runs' journals",
    example: 'mlflow start',
  },
  datasets: { ...DATASETS_COMMAND, tool: { folder: 'datasets', args: [] } },
  doctor: {
    names: ['<name or folder…>'],
    options: DATASETS_COMMAND.options,
    says: 'find wrong files, labels and duplicates in datasets',
    example: 'doctor dtd ~/pictures',
    tool: { folder: 'datasets', args: ['check'] },
  },
  evaluate: { ...EVALUATE, tool: { folder: 'evaluate', args: [] } },
  import: { ...IMPORT, tool: { folder: 'import', args: [] } },
  export: { ...EXPORT, tool: { folder: 'export', args: [] } },
  completion: {
    names: ['bash|zsh|fish'],
    says: 'completion for a shell; in zsh and fish alike: simclr completion zsh',
    example: 'completion bash >> ~/.bashrc',
  },
  task: { names: ['<pipeline>', '<task>'], says: 'called by Nx', example: '', inner: true },
  exec: { names: ['<pipeline>', '<task>'], says: 'called by DVC', example: '', inner: true },
  'own-data': { names: ['<pipeline>', '[task]'], says: 'called by both', example: '', inner: true },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

/** By name: the command, seen as any of them. */
export const commandOf = (name: string): Command | undefined =>
  Object.hasOwn(COMMANDS, name) ? COMMANDS[name as CommandName] : undefined;

/** The names of commands for people, in the order of the help. */
export const commandNames: string[] = Object.keys(COMMANDS).filter((name) => !commandOf(name)!.inner);

/** What may stand at a place of a command line where one of some words is wanted; nothing where anything may. */
export const wordsOf = (name: string): string[] => (name.includes('|') ? name.split('|') : []);
