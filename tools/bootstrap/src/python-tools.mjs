import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { command } from './command.mjs';
import { PYTHON_FOLDER, VENV, VENV_PYTHON } from './paths.mjs';
import { pip, pipEnvironment } from './pip.mjs';
import { python } from './prerequisites.mjs';
import { keyOf, step } from './step.mjs';

/** @param {string} name */
const requirements = (name) => readFileSync(`${PYTHON_FOLDER}/${name}`);

/** An empty virtual environment with pip. */
export async function pythonEnvironment() {
  return step({
    name: 'python-environment',
    title: 'python environment',
    key: keyOf(VENV),
    whole: () => existsSync(VENV_PYTHON),
    async run() {
      rmSync(VENV, { recursive: true, force: true });
      await command(python(), ['-I', '-m', 'venv', VENV]);
    },
  });
}

/**
 * Installs by hash. uv takes seconds where pip takes minutes; where it has no wheel, pip does. Never dependencies: the
 * lists are whole, and lean on purpose.
 *
 * @param {string} file
 */
async function install(file) {
  const path = `${PYTHON_FOLDER}/${file}`;
  const args = ['install', '--no-deps', '--require-hashes', '-r'];
  const { PIP_INDEX_URL } = await pipEnvironment();
  const env = { UV_DEFAULT_INDEX: process.env.UV_DEFAULT_INDEX ?? PIP_INDEX_URL };
  try {
    await pip([...args, `${PYTHON_FOLDER}/uv.txt`]);
    await command(`${VENV}/bin/uv`, ['pip', ...args, path, '--quiet', '--python', VENV_PYTHON], { env });
  } catch {
    await pip([...args, path]);
  }
}

/** DVC and the MLflow server. */
export async function pythonTools() {
  return step({
    name: 'python-tools',
    title: 'dvc, mlflow',
    key: keyOf(requirements('requirements.txt'), requirements('uv.txt')),
    whole: () => existsSync(`${VENV}/bin/dvc`) && existsSync(`${VENV}/bin/mlflow`),
    run: () => install('requirements.txt'),
  });
}

/** What the tests read our files with. The mark tells the tests that it is there. */
export async function testPackages() {
  const mark = `${VENV}/.test-packages`;
  return step({
    name: 'test-packages',
    title: 'onnxruntime, pillow, pyarrow, safetensors',
    key: keyOf(requirements('requirements-test.txt')),
    whole: () => existsSync(mark),
    async run() {
      await install('requirements-test.txt');
      writeFileSync(mark, '');
    },
  });
}
