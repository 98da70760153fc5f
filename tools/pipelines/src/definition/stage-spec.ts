import type { Role } from '@simclr/stage';
import type { Resources } from '../launch/capacity.ts';
import type { Container } from '../launch/launcher.ts';

/** A value of a matrix: its name in task ids and folders, and what is put into the config. */
export interface MatrixValue {
  name: string;
  value: unknown;
}

/** Values by config key. */
export type Matrix = Record<string, MatrixValue[]>;

/** A stage whose data another reads. */
export interface Need {
  /** What the other one takes it for: what this one gives. */
  role: Role;
  stage: string;
  /** Names of the items that are needed; absent where `needs` has the stage as a whole. */
  items?: string[];
}

/** A stage of pipeline.yaml. */
export interface StageSpec {
  /** The package whose export `stage` does the work, and whose export `plan` says what that would be. */
  run: string;
  /** The key of the config file that holds this stage's parameters. */
  params: [string];
  needs: Need[];
  /** Of the package's exports that serve what it needs: `.`, or `./in-place`. */
  folder: string;
  /** Stages, which it needs, for each of whose items it runs: for every combination, where there are several. */
  each: string[];
  /** Its own matrix: it runs for every combination, and each value is put into its config at its key. */
  matrix?: Matrix;
  /** What it takes of the machine while it runs. */
  resources: Resources;
  /** How many times it is tried again where it fails. */
  retries: number;
  /** Seconds after which it has failed. */
  timeout?: number | undefined;
}

export type Stages = Record<string, StageSpec>;

export interface Pipeline {
  name: string;
  /** Relative to the root: `pipelines/<name>`. */
  dir: string;
  /** Relative to the root: `configs/<name>.json`. */
  config: string;
  stages: Stages;
  /** Where `LAUNCHER=kubernetes` has its stages. */
  kubernetes?: Container | undefined;
}
