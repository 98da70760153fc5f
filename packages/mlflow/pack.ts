// `npm run pack -w @simclr/mlflow`: a package for anyone, of JavaScript and types, with nothing to install beside it. It is
// made in dist/ with a package.json of its own, since in the workspace that points to the sources, which need no build.
// `node pack.ts FOLDER` leaves the archive in another folder than this one.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const HERE = import.meta.dirname;
const DIST = join(HERE, 'dist');
const STAGING = join(HERE, 'dist.tmp');
const TSC = join(HERE, '../../node_modules/typescript/bin/tsc');
/** The one package of ours that it stands on: its files go along. */
const WEB = '@simclr/web';

build();
for (const file of ['README.md', 'CHANGELOG.md', '../../LICENSE']) {
  copyFileSync(join(HERE, file), join(DIST, file.replace('../../', '')));
}
const manifest = published(JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8')));
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
execFileSync('npm', ['pack', '--silent', '--pack-destination', process.argv[2] ?? HERE, DIST], { stdio: 'inherit' });

/** The sources of this package and, in `web/`, of the other one, as JavaScript and declarations. */
function build(): void {
  for (const folder of [DIST, STAGING]) rmSync(folder, { recursive: true, force: true });
  stage(join(HERE, 'src'), STAGING);
  stage(join(HERE, '../web/src'), join(STAGING, 'web'));
  const options = {
    extends: '../../../tsconfig.base.json',
    include: ['**/*.ts'],
    compilerOptions: {
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      target: 'es2022', // What Node 20 knows.
      rootDir: '.',
      outDir: '../dist',
    },
  };
  writeFileSync(join(STAGING, 'tsconfig.json'), JSON.stringify(options));
  execFileSync(process.execPath, [TSC, '-p', STAGING], { stdio: 'inherit' });
  rmSync(STAGING, { recursive: true });
  // Declarations name the files that they were made from, which older compilers do not take.
  for (const file of readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.d.ts'),
  )) {
    const text = readFileSync(join(DIST, file), 'utf8');
    writeFileSync(join(DIST, file), text.replace(/((?:from |import\()'\.[^']*)\.ts'/g, "$1.js'"));
  }
}

/** Copies what is neither a test nor part of one. */
function stage(from: string, to: string): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath, entry.name));
    if (!path.endsWith('.ts') || /\.test\.ts$|^fake-|(^|\/)test(ing|data)\//.test(path)) continue;
    const file = join(to, path);
    const web = relative(dirname(file), join(STAGING, 'web/index.ts')).replace(/^(?!\.)/, './');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, readFileSync(join(from, path), 'utf8').replaceAll(`'${WEB}'`, `'${web}'`));
  }
}

/** The package.json of the archive: publishConfig's fields in place of those of the workspace. */
function published(own: Record<string, unknown>): Record<string, unknown> {
  const { private: _, scripts: _s, devDependencies: _d, dependencies, publishConfig, ...rest } = own;
  const others = Object.keys(dependencies as object).filter((name) => name !== WEB);
  if (others.length > 0) throw new Error(`a dependency that is not packed: ${others.join(', ')}. allowed: ${WEB}`);
  return { ...rest, ...(publishConfig as object) };
}
