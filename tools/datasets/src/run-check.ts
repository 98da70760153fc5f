import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATASETS } from '@simclr/ingest';
import { UserError } from '@simclr/stage';
import type { Asked } from './arguments.ts';
import { type Checked, check } from './check.ts';
import type { Checksums } from './checksums.ts';
import { examine, type Told } from './examine.ts';
import { type Finding, note } from './finding.ts';
import { judgeTwins, type Twins, twinsAcross } from './judge-duplicates.ts';
import { judgeBuilt } from './judge-splits.ts';
import { builtFolders, type Places } from './locate.ts';
import { publishedOf } from './official.ts';
import { openPublished } from './open-archives.ts';
import { openOwn } from './open-own.ts';
import { isShards, openShards } from './open-shards.ts';
import type { Subject } from './subject.ts';

/** What came of a check: of a dataset, the archives or a folder of it. */
export interface Report {
  name: string;
  where: string;
  images: number;
  seconds: number;
  findings: Finding[];
  /** Pairs of its own images, and of one of its and one of the other dataset's. */
  twins: Twins[];
  across: Twins[];
  subject?: Subject;
  against?: Subject;
}

export interface CheckOptions extends Pick<Asked, 'targets' | 'repacked' | 'against'> {
  places: Places;
  checksums: Checksums;
  /** Of the dataset of that name. */
  told?: (name: string, ...of: Parameters<Told>) => void;
}

/** Checks each target: archives and shards of a name, or a folder. */
export async function runCheck(options: CheckOptions): Promise<Report[]> {
  const { targets, against, places, told } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'datasets-'));
  try {
    const compared = against === undefined ? undefined : await soleSubject(against, options, scratch);
    const other = compared && (await examine(compared));
    const reports: Report[] = [];
    const add = async (subject: Subject, more: (checked: Checked) => Finding[] = () => []) => {
      const started = performance.now();
      const toldOf: Told = (images, what) => told?.(subject.name, images, what);
      const checked = await check(subject, toldOf);
      const across = other
        ? await twinsAcross(checked.examined, other, { onProgress: (images) => toldOf(images, 'compared') })
        : [];
      const findings = [...checked.findings, ...more(checked), ...judgeTwins(across, false, against)];
      const seconds = (performance.now() - started) / 1000;
      const { name, where } = subject;
      reports.push({
        name,
        where,
        images: checked.examined.rows.length,
        seconds,
        findings,
        twins: checked.twins,
        across,
        subject,
        ...(compared && { against: compared }),
      });
      return checked;
    };
    for (const target of targets) {
      if (!publishedOf(target)) {
        for (const subject of await subjectsOf(target, scratch)) await add(subject);
        continue;
      }
      const started = performance.now();
      const opened = await openPublished(publishedOf(target)!, places, options.checksums, options.repacked);
      const folders = builtFolders(target, places);
      const archives = 'rows' in opened ? await add(opened) : undefined;
      if (!('rows' in opened)) {
        const findings = folders.length > 0 ? opened.findings.map(missingIsFine) : opened.findings;
        reports.push({
          name: target,
          where: 'archives',
          images: 0,
          seconds: (performance.now() - started) / 1000,
          findings,
          twins: [],
          across: [],
        });
      }
      for (const folder of folders) {
        const built = openShards(folder);
        const same = (checked: Checked) =>
          archives ? judgeBuilt(built, checked.examined, archives.subject, archives.examined) : [];
        await add(built, same);
      }
    }
    return reports;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Where shards are built, archives may have gone. */
const missingIsFine = (finding: Finding): Finding =>
  finding.thing === 'missing archive' ? note(finding.thing, finding.value) : finding;

/** A folder of shards, one of several datasets' shards, or images. */
async function subjectsOf(path: string, scratch: string): Promise<Subject[]> {
  if (!existsSync(path))
    throw new UserError(`unknown dataset: ${path} is neither a folder nor one of ${Object.keys(DATASETS).join(', ')}`);
  if (!statSync(path).isDirectory()) return [await openOwn(path, scratch)];
  if (isShards(path)) return [openShards(path)];
  const inside = readdirSync(path).map((name) => join(path, name));
  const shards = inside.filter((folder) => statSync(folder).isDirectory() && isShards(folder));
  return shards.length > 0 ? shards.map(openShards) : [await openOwn(path, scratch)];
}

/** What another dataset is compared with. */
async function soleSubject(target: string, { places, checksums }: CheckOptions, scratch: string): Promise<Subject> {
  const published = publishedOf(target);
  const [folder] = published ? builtFolders(target, places) : [];
  if (folder) return openShards(folder);
  if (published) {
    const opened = await openPublished(published, places, checksums, true);
    if ('rows' in opened) return opened;
    throw new UserError(`${opened.findings[0]!.thing}: ${opened.findings[0]!.value}`);
  }
  const [subject, second] = await subjectsOf(target, scratch);
  if (second)
    throw new UserError(`several datasets: ${target} holds ${subject!.name} and ${second.name}. name one of them`);
  return subject!;
}
