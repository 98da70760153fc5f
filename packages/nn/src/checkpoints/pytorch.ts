import { readPickle } from '@simclr/pickle';
import { UserError } from '@simclr/stage';
import type { Checkpoint } from './checkpoint.ts';
import { headOf } from './file-kind.ts';
import { openLegacyFile } from './legacy-file.ts';
import { isLegacyFile } from './legacy-magic.ts';
import { namedTensors } from './named-tensors.ts';
import { decodeView, type Storage, type TorchFile, torchSubstitutes } from './torch-tensors.ts';
import { openZip } from './zip.ts';

/**
 * Opens what `torch.save` wrote: a state_dict, anything with one in it, or a module. Its pickle is read, never run: what
 * is no tensor is passed over.
 *
 * @throws UserError where the file is damaged, or has no tensors
 */
export function openPyTorch(path: string): Checkpoint {
  const isLegacy = isLegacyFile(headOf(path));
  const { root, passedOver, bytesOf } = isLegacy ? openLegacyFile(path) : openTorchZip(path);
  const views = namedTensors(root);
  if (views.size === 0) {
    const others = passedOver.length > 0 ? `, which holds ${passedOver.slice(0, 5).join(', ')}` : '';
    throw new UserError(`no tensors: ${path}${others}. save a state_dict: torch.save(model.state_dict(), 'new.pth')`);
  }
  // Tensors that share a storage follow one another.
  let last: { storage: Storage; bytes: Uint8Array } | undefined;
  return {
    format: 'PyTorch',
    shapes: new Map([...views].map(([name, { shape }]) => [name, shape])),
    passedOver,
    identityOf(name) {
      const { storage, offset, shape } = views.get(name)!;
      return `${storage.key}:${offset}:${shape}`;
    },
    read(name) {
      const view = views.get(name)!;
      if (last?.storage.key !== view.storage.key) last = { storage: view.storage, bytes: bytesOf(view.storage) };
      return decodeView(view, last.bytes, `${name} in ${path}`);
    },
  };
}

/** The format since PyTorch 1.6: a zip archive with the pickle and an entry for each storage. */
function openTorchZip(path: string): TorchFile {
  const archive = openZip(path);
  const pickle = archive.names.find((name) => name.endsWith('/data.pkl'));
  if (!pickle) {
    const some = archive.names.slice(0, 3).join(', ');
    throw new UserError(
      `not what torch.save writes: ${path}, an archive of ${some || 'nothing'}. expected data.pkl; unpack it, if the checkpoint is in it`,
    );
  }
  const prefix = pickle.slice(0, -'data.pkl'.length);
  if (archive.names.includes(`${prefix}constants.pkl`)) {
    throw new UserError(
      `a TorchScript archive: ${path} holds a program. save its weights alone: torch.save(torch.jit.load('${path.split('/').at(-1)}').state_dict(), 'new.pth')`,
    );
  }
  const order = `${prefix}byteorder`;
  if (archive.names.includes(order) && Buffer.from(archive.read(order)).toString() !== 'little')
    throw new UserError(`unsupported byte order: ${path} is big-endian`);
  const { globals, load, storages } = torchSubstitutes(path, `${prefix}data/`);
  const { value: root, strangers } = readPickle(archive.read(pickle), path, { globals, load });
  for (const { key, count, bytes } of storages.values()) {
    if (archive.sizeOf(key) < count * bytes) throw new UserError(`damaged: ${path}, entry ${key}. copy the file again`);
  }
  return { root, passedOver: [...strangers], bytesOf: ({ key }) => archive.read(key) };
}
