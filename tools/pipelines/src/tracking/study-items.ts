import type { Role } from '@simclr/stage';
import { itemName, SEED } from '../definition/matrix.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Item, Task } from '../definition/tasks.ts';

/** One way of doing it that a pipeline compares with others: a value of every matrix but those of datasets. */
export interface StudyItem {
  /** As task ids have it: `norm-0.1`. */
  name: string;
  item: Item;
  /** Its own tasks, in the pipeline's order; those that several items share are none's. */
  tasks: Task[];
  /** Name of what it is a repetition of, where seeds are repeated: the same without its seed. */
  group?: string | undefined;
}

/**
 * The items of a study, in the pipeline's order; none where nothing is compared. Datasets are no items: an encoder is
 * compared with another one by its accuracies on all of them.
 *
 * @param gives what a task publishes
 */
export function studyItems(
  pipeline: Pipeline,
  tasks: readonly Task[],
  gives: (task: Task) => Role | undefined,
): StudyItem[] {
  const ofDatasets = tasks.filter((task) => gives(task) === 'dataset').map(({ stage }) => stage);
  const keys = Object.entries(pipeline.stages)
    .filter(([stage]) => !ofDatasets.includes(stage))
    .flatMap(([, { matrix = {} }]) => Object.keys(matrix));
  const compared = ({ item }: Task) => Object.fromEntries(Object.entries(item).filter(([key]) => keys.includes(key)));
  const last = tasks.filter((task) => gives(task) === 'results');
  const ends = last.length ? last : tasks.filter((task) => gives(task) === 'encoder');
  const items = new Map(ends.map((task) => [nameOf(compared(task)), compared(task)]));
  items.delete('');
  if (items.size < 2) return [];
  return Array.from(items, ([name, item]) => {
    const group = SEED in item ? nameOf(withoutSeed(item)) : undefined;
    return { name, item, tasks: tasks.filter((task) => nameOf(compared(task)) === name), group };
  });
}

/** The item that a task is of, if it is of one alone. */
export const itemOf = (items: readonly StudyItem[], id: string): StudyItem | undefined =>
  items.find(({ tasks }) => tasks.some((task) => task.id === id));

/** What an item is a repetition of. */
export const withoutSeed = ({ [SEED]: _, ...item }: Item): Item => item;

const nameOf = (item: Item): string =>
  itemName(Object.fromEntries(Object.entries(item).map(([key, name]) => [key, { name }])));
