// The environment of our children, said in one place: every program of ours adopts it when it starts. What a user's shell sets
// for other programs must not make npm leave things out, pip install elsewhere, Python import another flask, or git and DVC
// work on another repository. What concerns the network (mirrors, proxies, certificates) and what our READMEs name stays.
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const PIP =
  /^PIP_((EXTRA_)?INDEX_URL|NO_INDEX|FIND_LINKS|(NO_)?CACHE_DIR|CONFIG_FILE|(CLIENT_)?CERT|TRUSTED_HOST|PROXY|(DEFAULT_)?TIMEOUT|RETRIES|KEYRING_PROVIDER)$/;

/** Whether a variable of pip's says how packages are reached, not where to they go. @param {string} name */
export const isPipNetwork = (name) => PIP.test(name);

/** Names of a family that stay; every other name of the family goes. */
const FAMILIES = [
  [/^PYTHON[A-Z]/, /^PYTHON(UNBUFFERED|PYCACHEPREFIX)$/],
  [/^PIP_/, PIP],
  [
    /^UV_/,
    /^UV_(INDEX|DEFAULT_INDEX|EXTRA_INDEX|FIND_LINKS|OFFLINE|NO_CACHE|CACHE_DIR|HTTP|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|KEYRING|CONFIG_FILE)/,
  ],
  [
    /^npm_config_/i,
    /^npm_config_(registry|cache|ca|cafile|cert|key|proxy|https?_proxy|no_?proxy|strict_ssl|(user|global)config|fetch_\w+|maxsockets|(prefer_)?offline|.*[/@].*)$/i,
  ],
  [/^NODE_(ENV|PATH|OPTIONS|TEST_CONTEXT|CHANNEL_\w+)$/, /$^/],
  [/^NX_/, /$^/],
  [/^DVC_/, /^DVC_SITE_CACHE_DIR$/],
  // Those that name a repository, as git itself sets them for its hooks.
  [
    /^GIT_(DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|INDEX_VERSION|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|CEILING_DIRECTORIES|SHALLOW_FILE|GRAFT_FILE|CONFIG|QUARANTINE_PATH)$/,
    /$^/,
  ],
  [/^(__PYVENV_LAUNCHER__|VIRTUAL_ENV|VIRTUAL_ENV_PROMPT|BASH_ENV|ENV|CDPATH)$/, /$^/],
];

/** Of NODE_OPTIONS, memory and the network; a flag, module or debugger of another project does not go with the pinned Node. */
const NODE_OPTION = /^--(max-old-space-size|max-semi-space-size|use-(system|openssl|bundled)-ca|dns-result-order|tls-)/;

/** Whether a file can be made in `folder`, which exists. */
function writable(folder) {
  try {
    rmdirSync(mkdtempSync(join(folder, '.simclr-')));
    return true;
  } catch {
    return false;
  }
}

/** Whether `folder` could be made and written to. */
function makeable(folder) {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (!existsSync(at) && dirname(at) !== at) continue;
    try {
      accessSync(at, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * The temporary folder as an absolute path. One that cannot be used is replaced, and `note` says so: Node and Python
 * each have their own rule for it, and it may not be that two processes mean different folders.
 */
function temporaryFolder(given, root, cwd) {
  if (given) {
    const folder = resolve(cwd, given);
    if (writable(folder)) return { folder };
  }
  const own = join(root, '.cache/tmp');
  const folder = ['/tmp', own].find((each) => {
    try {
      if (each === own) mkdirSync(own, { recursive: true });
    } catch {}
    return writable(each);
  });
  if (!folder)
    return { folder: '/tmp', note: 'no temporary folder: /tmp cannot be written to. set TMPDIR to one that can' };
  if (!given && folder === '/tmp') return {};
  return { folder, note: `${given ? `TMPDIR: ${given}` : '/tmp'} cannot be written to: ${folder} is used` };
}

/** `homedir()`, or undefined for a user without one. */
function home() {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/**
 * What our processes and their children get of the environment `env`.
 *
 * @param {Record<string, string | undefined>} env
 * @param {string} root of the checkout: caches are kept below `.cache` where the home folder cannot be written to
 * @returns {{ env: Record<string, string>, note?: string }} `note`: a line for the user
 */
export function childEnvironment(env, root, cwd = env.INIT_CWD ?? process.cwd()) {
  /** @type {Record<string, string>} */
  const kept = {};
  for (const [name, value] of Object.entries(env)) {
    const family = FAMILIES.find(([all]) => all.test(name));
    if (value !== undefined && (!family || family[1].test(name))) kept[name] = value;
  }
  const options = (env.NODE_OPTIONS ?? '').split(/\s+/).filter((option) => NODE_OPTION.test(option));
  if (options.length) kept.NODE_OPTIONS = options.join(' ');

  const { folder, note } = temporaryFolder(env.TMPDIR || env.TMP || env.TEMP, root, cwd);
  if (folder) kept.TMPDIR = folder;

  const at = home() ?? join(root, '.cache/home');
  if (!home()) kept.HOME = at;
  const npmCache = Object.keys(kept).find((name) => /^npm_config_cache$/i.test(name)) ?? 'npm_config_cache';
  if (!makeable(kept[npmCache] ?? join(at, '.npm'))) kept[npmCache] = join(root, '.cache/npm');
  if (!makeable(kept.XDG_CACHE_HOME ?? join(at, '.cache'))) kept.XDG_CACHE_HOME = join(root, '.cache/home');

  return {
    env: {
      ...kept,
      // Nothing of a user's own site-packages, and paths are UTF-8 whatever the locale says.
      PYTHONNOUSERSITE: '1',
      PYTHONUTF8: '1',
      DVC_NO_ANALYTICS: 'true',
    },
    ...(note ? { note } : {}),
  };
}

/** Makes `process.env` that of our children, before anything is done; a note goes to standard error. */
export function adoptEnvironment(root) {
  const { env, note } = childEnvironment(process.env, root);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  if (note) process.stderr.write(`${note}\n`);
}
