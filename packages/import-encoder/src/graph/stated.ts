import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { GraphFile } from '@simclr/encoders/graph-files';
import { UserError } from '@simclr/stage';
import { parsePreprocess, type StatedPreprocessing } from '@simclr/views/preprocess-language';
import { readJsonPreprocessing } from './json-preprocessing.ts';

/** How an encoder wants its images, and who says so. */
export interface Statement {
  stated: StatedPreprocessing;
  by: string;
}

const EXAMPLE = 'centercrop(side=256,to=224,resize=bilinear_antialias)|normalize(imagenet)';

/** Files that may say it: of the encoder's own name, then those of timm and Hugging Face, where they lie. */
export function filesThatSay(path: string, format: GraphFile['format']): string[] {
  const name = basename(path, format === 'onnx' ? extname(path) : '');
  const own = [`${name}.preprocessing.json`, `${name}.json`].map((file) => join(dirname(path), file));
  const folder = format === 'onnx' ? dirname(path) : path;
  const others = ['preprocessing.json', 'preprocessor_config.json', 'config.json'].map((file) => join(folder, file));
  return [...own, ...others].filter((file) => existsSync(file));
}

/**
 * How an encoder wants its images, by one of the ways to say it: the text, the file itself, JSON beside it.
 *
 * @param text in the language of `parsePreprocess`
 * @throws UserError where nobody says it, which names the ways; or two files beside it say different things
 */
export function findStatement(path: string, file: GraphFile, text: string | undefined): Statement {
  if (text !== undefined) return { stated: parsePreprocess(text), by: '--preprocess' };
  if (file.preprocessing !== undefined) {
    const carried = readJsonPreprocessing(file.preprocessing, `${path}, what it carries`);
    if (carried) return { stated: carried.stated, by: 'the file itself' };
  }
  const said = filesThatSay(path, file.format).flatMap((json) => {
    const read = readJsonPreprocessing(readFileSync(json, 'utf8'), json);
    return read ? [{ stated: read.stated, by: basename(json), text: JSON.stringify(read.stated) }] : [];
  });
  const [first, ...others] = said;
  if (!first) {
    const own = `${basename(path, extname(path))}.preprocessing.json`;
    throw new UserError(
      `missing preprocessing: ${path} does not say how it wants its images. say it by --preprocess '${EXAMPLE}', or in ${own} beside it ({ "preprocess": "…" }), or put timm's config.json or Hugging Face's preprocessor_config.json there`,
    );
  }
  const other = others.find((one) => one.text !== first.text);
  if (other)
    throw new UserError(
      `two statements: ${first.by} and ${other.by} beside ${path} say different preprocessing. say it by --preprocess, or remove one`,
    );
  return { stated: first.stated, by: first.by };
}
