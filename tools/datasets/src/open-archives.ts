import { type Archives, type Contents, type DatasetRow, filesThere, openArchives, placeOf } from '@simclr/ingest';
import { UserError } from '@simclr/stage';
import type { Checksums } from './checksums.ts';
import { error, type Finding, findingOf, note } from './finding.ts';
import type { Places } from './locate.ts';
import type { Published } from './official.ts';
import type { Subject } from './subject.ts';

const DATA = /\.(jpe?g|png|gif|bmp|webp|tiff?|bin)$/i;

/**
 * The rows of a published dataset from its archives, with their checksums compared.
 *
 * @param repacked another checksum is no error: the archives were packed anew
 * @returns what was found where they cannot be read
 */
export async function openPublished(
  published: Published,
  places: Places,
  checksums: Checksums,
  repacked: boolean,
): Promise<Subject | { findings: Finding[] }> {
  const { dataset, official } = published;
  const findings: Finding[] = [];
  const paths = new Map<string, string>();
  let genuine = true;
  const files = filesThere(dataset, places.folders);
  for (const file of files) {
    const path = placeOf(file, places);
    if (!path) {
      findings.push(error('missing archive', `${file.name} of ${dataset.name}. ${whatToDo(file)}`));
      continue;
    }
    paths.set(file.name, path);
    if (!file.checksum) {
      genuine = false;
      continue;
    }
    const { algorithm, hex } = file.checksum;
    const found = await checksums.compute(path, algorithm);
    if (found === hex) continue;
    genuine = false;
    findings.push(
      (repacked ? note : error)(
        'wrong checksum',
        `${path} has ${algorithm} ${found}. expected ${hex}${repacked ? '' : '. --repacked checks what one packed anew holds'}`,
      ),
    );
  }
  if (paths.size < files.length) return { findings };
  const where = [...paths.values()].join(', ');
  try {
    const opened = openArchives(paths, { note: (text) => findings.push(note('odd archive', text)) });
    const { archives, unread } = watched(opened);
    let contents: Contents | undefined = await dataset.read(archives);
    const { classes } = contents;
    async function* told(): AsyncGenerator<DatasetRow> {
      const { rows, missing = [] } = contents ?? (await dataset.read(archives));
      contents = undefined;
      yield* rows;
      if (missing.length > 0)
        findings.push(
          error(
            'missing images',
            `${missing.length} of ${dataset.name} are not there, for example ${missing[0]!.path}`,
          ),
        );
      const extra = unread();
      if (extra.length === 0 || (official.unlisted && genuine)) return;
      const tell = official.unlisted || genuine ? note : error;
      findings.push(tell('extra file', `${extra.length} in the archives that no split has, for example ${extra[0]}`));
    }
    return { name: dataset.name, where, published, genuine, classes, shape: dataset.shape, rows: told, findings };
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return { findings: [...findings, findingOf(thrown.message)] };
  }
}

/** Archives that remember which of their images nobody reads. */
function watched(archives: Archives): { archives: Archives; unread: () => string[] } {
  const met = new Set<string>();
  const read = new Set<string>();
  const watch = async function* (members: ReturnType<Archives['members']>, file: string) {
    for await (const member of members) {
      const path = `${file}/${member.path}`;
      if (member.type === 'file' && DATA.test(member.path)) met.add(path);
      yield {
        ...member,
        content: () => {
          read.add(path);
          return member.content();
        },
      };
    }
  };
  return {
    archives: {
      ...archives,
      members: (file) => watch(archives.members(file), file),
      inside: (member, name) => watch(archives.inside(member, name), `${name}/${member.path}`),
    },
    unread: () => [...met].filter((path) => !read.has(path)),
  };
}

/** Where a file is to be had, what it should be, and where it goes. */
export function whatToDo({ name, checksum, sources, byHand }: Published['dataset']['files'][0]): string {
  const [source] = sources;
  const from =
    source?.kind === 'web' ? source.url : source ? `the ${source.kind} package (ingest fetches it)` : 'its owners';
  const what = checksum ? `${checksum.algorithm} ${checksum.hex}` : 'no checksum is published';
  return `${byHand ?? `from ${from}`}; ${what}; put ${name} into a folder of SIMCLR_ARCHIVES`;
}
