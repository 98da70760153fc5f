import { UserError, z } from '@simclr/stage';
import type { Columnar } from './formats/columnar.ts';

/** Which columns of a table are the images and the labels. */
export interface TableColumns {
  image: string;
  label: string;
  /** Names of the classes, where the table has them. */
  classes: string[] | undefined;
}

const IMAGES = ['image', 'img', 'jpg', 'jpeg', 'png', 'picture'];
const LABELS = ['label', 'labels', 'fine_label', 'class', 'category', 'target', 'cls'];

const Feature = z.object({ _type: z.string().optional(), names: z.array(z.string()).optional() });
const HuggingFace = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) });

/**
 * Chooses by what Hugging Face notes of the columns (Image, ClassLabel), else by their types, and among several by name.
 * @throws UserError where nothing is an image or a label, or it is not clear what
 */
export function chooseColumns(path: string, { columns, huggingFace }: Columnar): TableColumns {
  const features = featuresOf(huggingFace);
  const names = [...columns.keys()];
  const ofFeature = (type: string) => names.filter((name) => features.get(name)?._type === type);
  const ofKind = (...kinds: string[]) => names.filter((name) => kinds.includes(columns.get(name)!));
  const image = choose(path, names, 'images', IMAGES, [
    ofFeature('Image').filter((name) => columns.get(name) === 'image'),
    ofKind('image'),
    ofKind('bytes').filter((name) => IMAGES.includes(name.toLowerCase())),
  ]);
  const label = choose(path, names, 'labels', LABELS, [
    ofFeature('ClassLabel').filter((name) => columns.get(name) === 'integer'),
    ofKind('integer', 'text').filter((name) => LABELS.includes(name.toLowerCase())),
  ]);
  return { image, label, classes: features.get(label)?.names };
}

function featuresOf(huggingFace: string | undefined): Map<string, z.infer<typeof Feature>> {
  try {
    const parsed = HuggingFace.safeParse(JSON.parse(huggingFace ?? ''));
    const features = Object.entries(parsed.data?.info.features ?? {});
    return new Map(features.map(([name, feature]) => [name, Feature.safeParse(feature).data ?? {}]));
  } catch {
    return new Map();
  }
}

function choose(path: string, all: string[], what: string, usual: string[], candidates: string[][]): string {
  const found = candidates.find(({ length }) => length > 0) ?? [];
  const byName = usual.flatMap((name) => found.filter((each) => each.toLowerCase() === name));
  const [chosen] = [...byName, ...(found.length === 1 ? found : [])];
  if (chosen !== undefined) return chosen;
  if (found.length > 1)
    throw new UserError(
      `several columns of ${what}: ${path} has ${found.join(', ')}. call the one that is meant ${usual[0]}`,
    );
  const columns = all.length > 0 ? `the columns ${all.join(', ')}` : 'no columns';
  throw new UserError(`no column of ${what}: ${path} has ${columns}. expected one called ${usual.join(', ')}`);
}
