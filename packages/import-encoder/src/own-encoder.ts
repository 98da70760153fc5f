import { cpSync, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ENCODER_JSON, ENCODER_WEIGHTS, type GraphEncoderInfo, readAnyEncoderInfo } from '@simclr/artifacts';
import { readGraphFile } from '@simclr/encoders/graph-files';
import { UserError } from '@simclr/stage';

const WEIGHTS: readonly string[] = Object.values(ENCODER_WEIGHTS);

/**
 * The folder of an encoder that is one here already: of the stage pretrain, or of an import before; a file in it stands for
 * it.
 */
export function ownEncoder(path: string): string | undefined {
  const folder = [ENCODER_JSON, ...WEIGHTS].includes(basename(path)) ? dirname(path) : path;
  return existsSync(join(folder, ENCODER_JSON)) ? folder : undefined;
}

/**
 * Copies the files of an encoder, `encoder.json` last.
 *
 * @returns their names
 * @throws UserError where it is damaged
 */
export function copyEncoder(from: string, to: string): string[] {
  const info = readAnyEncoderInfo(from);
  const needed = info.format === 'safetensors' ? WEIGHTS : graphFiles(join(from, info.file), info);
  const files = [...needed.filter((file) => existsSync(join(from, file))), ENCODER_JSON];
  for (const file of files) cpSync(join(from, file), join(to, file), { recursive: true });
  return files;
}

const graphFiles = (path: string, { format, file }: GraphEncoderInfo): string[] => [
  file,
  ...readGraphFile({ path, format }).beside,
];

/** Throws UserError where something is said of an encoder that says it itself. @param options of an import */
export function refuseOptions(folder: string, options: object): void {
  const [key] = Object.entries(options).find(([key, value]) => key !== 'dataset' && value !== undefined) ?? [];
  if (key !== undefined)
    throw new UserError(`ignored option: ${key} of ${folder}, whose encoder.json says it. leave it out`);
}
