import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { command, SetupError } from './command.mjs';
import { CACHE, ROOT, VENV_PYTHON } from './paths.mjs';
import { pip } from './pip.mjs';
import { compiler } from './prerequisites.mjs';
import { keyOf, step } from './step.mjs';

/** The version of libtensorflow. Its wheels serve as archives of libraries and headers: the CPython tag says nothing to us. */
const VERSION = '2.21.0';

/**
 * Wheels by `<platform>-<arch>` and device, with their sha256. Tried: linux-x64, for a GPU up to loading without one. The
 * others go by the same recipe. For a GPU, cuda.mjs fetches what this libtensorflow loads by itself.
 *
 * @type {Record<string, { name: string, platform: string, sha256: string } | undefined>}
 */
const WHEELS = {
  'linux-x64 cpu': {
    name: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  },
  'linux-x64 gpu': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_x86_64',
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
  },
  'linux-arm64 cpu': {
    name: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
  'darwin-arm64 cpu': {
    name: 'tensorflow',
    platform: 'macosx_12_0_arm64',
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
  },
};

export const DEVICE = process.env.TFJS_DEVICE ?? 'cpu';
const TARGET = `${process.platform}-${process.arch} ${DEVICE}`;
/** Of this version and device: `deps` from the wheel, `lib` compiled here, and for a GPU `nvidia`. */
export const FOLDER = `${CACHE}/tensorflow/${VERSION}-${DEVICE}`;

/** Unpacks the libraries and the headers that the add-on includes. */
const UNPACK = `
import os, re, shutil, sys, zipfile
wheel, folder = sys.argv[1:]
libraries = re.compile(r'tensorflow/(libtensorflow_(?:cc|framework)\\.(?:so\\.2|2\\.dylib))$')
headers = re.compile(r'tensorflow/include/(?:external/local_xla/)?((?:tensorflow|tsl|xla/tsl|xla/c)/.*\\.(?:h|inc))$')
archive = zipfile.ZipFile(wheel)
for info in archive.infolist():
    library, header = libraries.match(info.filename), headers.match(info.filename)
    if not library and not header:
        continue
    path = os.path.join(folder, 'lib' if library else 'include', (library or header).group(1))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with archive.open(info) as source, open(path, 'wb') as out:
        shutil.copyfileobj(source, out, 1 << 20)
`;

/** libtensorflow with its headers, from the wheel. */
export async function libtensorflow() {
  const wheel = WHEELS[TARGET];
  if (!wheel) throw new SetupError(`no libtensorflow for ${TARGET}. allowed: ${Object.keys(WHEELS).join(', ')}`);
  return step({
    name: `libtensorflow-${DEVICE}`,
    title: `libtensorflow ${VERSION}`,
    key: keyOf(wheel.sha256, UNPACK),
    whole: () => existsSync(`${FOLDER}/deps/lib`),
    async run() {
      const work = `${FOLDER}/download.tmp`;
      rmSync(work, { recursive: true, force: true });
      mkdirSync(work, { recursive: true });
      writeFileSync(`${work}/requirements.txt`, `${wheel.name}==${VERSION} --hash=sha256:${wheel.sha256}\n`);
      const only = [
        '--only-binary=:all:',
        '--python-version',
        '3.11',
        '--implementation',
        'cp',
        '--platform',
        wheel.platform,
      ];
      const download = ['download', '--no-deps', '--no-cache-dir', '--require-hashes', ...only];
      await pip([...download, '-r', 'requirements.txt', '-d', '.'], { cwd: work });
      const [file] = readdirSync(work).filter((name) => name.endsWith('.whl'));
      await command(VENV_PYTHON, ['-c', UNPACK, `${work}/${file}`, `${work}/deps`]);
      rmSync(`${FOLDER}/deps`, { recursive: true, force: true });
      renameSync(`${work}/deps`, `${FOLDER}/deps`);
      rmSync(work, { recursive: true });
    },
  });
}

const PACKAGE = `${ROOT}/node_modules/@tensorflow/tfjs-node`;
const BINDING = 'lib/napi-v8/tfjs_binding.node';

/**
 * Where the add-on is looked for: for the CPU by tfjs-node itself, for a GPU by packages/tensorflow/src/load.ts. Two
 * places, so that both can be set up in one checkout.
 */
export const ADDON = `${PACKAGE}/${DEVICE === 'gpu' ? BINDING.replace('napi-v8', 'napi-v8-gpu') : BINDING}`;

const SHARED_SET = 'static std::set<std::string> ATTR_NAME_SET;';

/**
 * The add-on's sources by name. All threads of a process add to one set of attribute names, without a lock: two that decode
 * their first JPEG at once have hung for good. Here each thread has its own.
 */
function addonSources() {
  const read = (/** @type {string} */ name) => readFileSync(`${PACKAGE}/binding/${name}`, 'utf8');
  const backend = read('tfjs_backend.cc');
  if (!backend.includes(SHARED_SET)) throw new SetupError(`tfjs_backend.cc: no longer has "${SHARED_SET}"`);
  return {
    'tfjs_backend.cc': backend.replace(SHARED_SET, SHARED_SET.replace('static', 'static thread_local')),
    'tfjs_binding.cc': read('tfjs_binding.cc'),
  };
}

/** tfjs-node's add-on, compiled from its own C++ sources against that libtensorflow, and linked to where it is looked for. */
export async function addon() {
  const sources = addonSources();
  const key = keyOf(...Object.values(sources), VERSION);
  const built = await step({
    name: `addon-${DEVICE}`,
    title: "tfjs-node's add-on",
    key,
    whole: () => existsSync(`${FOLDER}/${BINDING}`),
    async run() {
      const libraries = readdirSync(`${FOLDER}/deps/lib`).map((name) => `${FOLDER}/deps/lib/${name}`);
      const origin = process.platform === 'darwin' ? '@loader_path' : '$ORIGIN';
      const includes = [
        `${ROOT}/node_modules/node-api-headers/include`,
        `${FOLDER}/deps/include`,
        `${PACKAGE}/binding`,
      ];
      const flags = [
        '-std=c++17',
        '-O2',
        '-fPIC',
        '-shared',
        '-DNAPI_VERSION=8',
        '-w',
        ...(process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : []),
      ];
      mkdirSync(`${FOLDER}/lib/napi-v8`, { recursive: true });
      const work = `${FOLDER}/sources.tmp`;
      mkdirSync(work, { recursive: true });
      for (const [name, text] of Object.entries(sources)) writeFileSync(`${work}/${name}`, text);
      const out = `${FOLDER}/${BINDING}.tmp`;
      await command(String(compiler()), [
        ...flags,
        ...includes.map((path) => `-I${path}`),
        ...Object.keys(sources).map((name) => `${work}/${name}`),
        '-o',
        out,
        ...libraries,
        `-Wl,-rpath,${origin}/../../deps/lib`,
      ]);
      renameSync(out, `${FOLDER}/${BINDING}`);
      rmSync(work, { recursive: true });
    },
  });
  // npm ci takes the link away with the rest of node_modules; the add-on itself stays in the cache.
  if (linkTarget(ADDON) !== `${FOLDER}/${BINDING}`) {
    rmSync(ADDON, { force: true });
    mkdirSync(dirname(ADDON), { recursive: true });
    symlinkSync(`${FOLDER}/${BINDING}`, ADDON);
  }
  return built;
}

/** @param {string} path */
function linkTarget(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
