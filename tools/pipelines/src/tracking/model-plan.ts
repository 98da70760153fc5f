/** An encoder that is to be logged as a model of the run beside whose journal this is written. */
export interface PlannedModel {
  name: string;
  /** Of the folder that its stage published: it says which model this is. */
  digest: string;
  /** Relative to the root. */
  folder: string;
  /** Its files there. */
  files: string[];
  params: Record<string, string>;
  /** `simclr.run_key` of the run that trained it. */
  madeBy: string;
  /** ms since 1970: of its metrics, so that sending them again changes nothing. */
  time: number;
  /** Accuracies, each with the test split that it was measured on where that is known. */
  metrics: { name: string; value: number; dataset?: { name: string; digest: string } }[];
}

/** Beside a journal: the models that its run is to have. */
export const MODELS_FILE = 'models.json';
