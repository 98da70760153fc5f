import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** An image of a folder. */
export interface Listed {
  /** Opens it: `node:fs` takes bytes for a name that is no UTF-8. */
  path: string | Buffer;
  /** Names it to its owner, in messages. Within an archive: the archive's path and that inside. */
  shown: string;
  /** `<class>/<file>`. */
  name: string;
  label: number;
}

/** Entries that are not hidden (`.ipynb_checkpoints`, `._photo.jpg`), in an order that does not depend on the machine. */
export const visible = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The images of every class, by class and name. */
export function listImages(folder: string): { classes: string[]; files: Listed[] } {
  if (!isFolder(folder))
    throw new UserError(`missing folder: ${folder}. expected a folder of images for each class in it`);
  const classes = visible(folder).filter((name) => isFolder(join(folder, name)));
  const byClass = classes.map((name) => visible(join(folder, name)).filter((file) => IMAGE.test(file)));
  const files = byClass.flatMap((names, label) =>
    names.map((file): Listed => {
      const name = `${classes[label]}/${file}`;
      return { path: join(folder, name), shown: join(folder, name), name, label };
    }),
  );
  if (files.length < 2)
    throw new UserError(
      `no images: ${folder} has ${classes.length} class folders and ${files.length} images. expected ${folder}/<class>/<image>.jpg or .png`,
    );
  const empty = classes.find((_, label) => byClass[label]!.length === 0);
  if (empty !== undefined)
    throw new UserError(
      `no images: ${join(folder, empty)}. expected ${folder}/<class>/<image>.jpg or .png. remove the folder or fill it`,
    );
  return { classes, files };
}
