import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import { float32 } from '@simclr/tensorflow';
import { afterAll, expect, it } from 'vitest';
import { saveSafetensors } from '../safetensors.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { readAll, testFile } from './testdata/files.ts';

const dir = mkdtempSync(join(tmpdir(), 'open-'));
afterAll(() => rmSync(dir, { recursive: true }));

const refused = (path: string, message: string) => {
  expect(() => openCheckpoint(path)).toThrow(UserError);
  expect(() => openCheckpoint(path)).toThrow(message);
};

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 46830571\n`;

it.each<[string, string | Buffer, string]>([
  ['nothing', '', 'empty file: PATH. copy or download it again'],
  [
    'a Git LFS pointer',
    POINTER,
    'a Git LFS pointer: PATH, which stands for 46830571 bytes. get the file itself: git lfs',
  ],
  ['a page', '<!DOCTYPE html><html><title>Sign in</title>', 'an HTML page: PATH, "Sign in". the address gave a page'],
  ['a page after space', '\ufeff\n <html lang="en">', 'an HTML page: PATH. the address gave a page'],
  [
    'a store’s error',
    '<?xml version="1.0"?><Error><Code>AccessDenied</Code>',
    'an XML page: PATH, "AccessDenied". download',
  ],
  ['zeros', Buffer.alloc(3000), 'zeros alone: PATH, a download that did not end.'],
  [
    'text',
    'not found\n',
    'not a checkpoint: PATH, text, "not found ". expected what torch.save writes, or safetensors',
  ],
  ['an index of parts', '{"metadata": {}, "weight_map": {}}', 'an index of parts: PATH has no weights itself'],
  ['gzip', gzipSync('x'), 'not supported: PATH is a gzip archive. unpack it: tar xzf, or gunzip'],
  ['HDF5', Buffer.from('\x89HDF\r\n', 'latin1'), 'not supported: PATH is an HDF5 file (Keras).'],
  [
    'a pickle',
    Buffer.from('\x80\x04N.', 'latin1'),
    'not supported: PATH is a pickle of Python’s own. save its tensors',
  ],
  ['other bytes', Buffer.from([1, 2, 3, 200, 5, 6, 7, 8, 9]), 'its first bytes are 01 02 03 c8 05 06 07 08'],
])('%s in the place of weights is called that, whatever its name', (_, content, message) => {
  for (const name of ['x.pth', 'x.safetensors', 'x.bin', 'x']) {
    const path = join(dir, name);
    writeFileSync(path, content);
    refused(path, message.replace('PATH', path));
  }
});

it('weights are known by content: safetensors and a zip under any name', () => {
  saveSafetensors(join(dir, 'weights.bin'), { a: float32([1]) });
  expect(openCheckpoint(join(dir, 'weights.bin')).format).toBe('safetensors');
  cpSync(testFile('kinds.pth'), join(dir, 'kinds.safetensors'));
  expect(openCheckpoint(join(dir, 'kinds.safetensors')).format).toBe('PyTorch');
  cpSync(testFile('legacy.pth'), join(dir, 'old'));
  expect([...openCheckpoint(join(dir, 'old')).shapes.keys()]).toEqual(['conv1.weight']);
});

it('a folder says what is missing in it, or which file to name', () => {
  const folder = join(dir, 'folder');
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.safetensors'), '');
  writeFileSync(join(folder, 'README.md'), '');
  refused(folder, `or name a file: ${join(folder, 'model.safetensors')}`);
  const saved = join(dir, 'saved');
  mkdirSync(saved);
  writeFileSync(join(saved, 'saved_model.pb'), '');
  refused(saved, `missing file: ${join(saved, 'variables/variables.index')}. it belongs to a SavedModel`);
});

it('a TensorFlow checkpoint says which of its files is missing or stands for another', () => {
  const folder = join(dir, 'tf1');
  const [index, shard] = ['model.ckpt-7.index', 'model.ckpt-7.data-00000-of-00001'].map((name) => join(folder, name));
  const copy = () => cpSync(testFile('tf1'), folder, { recursive: true });
  const prefix = join(folder, 'model.ckpt-7');
  copy();
  rmSync(index!);
  for (const path of [prefix, shard!, folder]) refused(path, `missing file: ${index}. it belongs to `);
  copy();
  writeFileSync(index!, POINTER);
  refused(prefix, `a Git LFS pointer: ${index}, which stands for`);
  copy();
  writeFileSync(shard!, '<html>');
  refused(prefix, `an HTML page: ${shard}. `);
  rmSync(shard!);
  refused(prefix, `missing file: ${shard}. it belongs to ${index}`);
  copy();
  truncateSync(shard!, 100);
  refused(prefix, `cut off: ${shard} has 100 bytes, expected `);
});

it('what is no file is told', () => {
  symlinkSync(join(dir, 'gone'), join(dir, 'link.pth'));
  refused(join(dir, 'link.pth'), `missing checkpoint: ${join(dir, 'link.pth')}`);
  refused('/dev/null', 'not a file: /dev/null');
});

it('a zip that is cut says so, and one whose entries are deflated is read', () => {
  const whole = readFileSync(testFile('kinds.pth'));
  const path = join(dir, 'cut.pth');
  writeFileSync(path, whole.subarray(0, 2000));
  refused(
    path,
    `cut off: ${path} has 2000 bytes, and not the directory that an archive ends with. copy the file again`,
  );
  const stored = readAll(openCheckpoint(testFile('kinds.pth')));
  expect(readAll(openCheckpoint(testFile('deflated.pth')))).toEqual(stored);
});
