import { join } from 'node:path';
import { choosePrecision } from '@simclr/tensorflow';
import { alternate, type Measured, type Side } from '../alternate.ts';
import { type Bench, median, min, type Row, row } from '../bench.ts';
import { HERE } from '../paths.ts';
import { resnet50 } from '../prepare-encoder.ts';
import { caltech101 } from '../prepare-images.ts';
import { peersPython } from '../python.ts';
import type { OurFeatures } from '../sides/our-features.ts';

const IMAGES = { images: 512, warmUp: 64, batch: 32 };
/** Of the peers' DataLoader: as many as cores of a small machine. */
const WORKERS = 2;
const ROUNDS = 3;
const PEERS = ['fp32', 'bf16', 'onnxruntime'] as const;

export const features: Bench = {
  name: 'features',
  about: 'ResNet-50 at 224 px from JPEG files, decoding included, against PyTorch and onnxruntime',
  async run(say) {
    const photographs = await caltech101();
    if (!photographs) {
      say('left out: no ../shared/data/caltech-101.zip');
      return [];
    }
    const python = peersPython(say);
    const encoder = await resnet50();
    const ours = (name: string, folder: string, precision?: OurFeatures['precision']): Side => {
      const argument: OurFeatures = { folder, split: photographs.shards, ...IMAGES };
      const said = JSON.stringify({ ...argument, ...(precision && { precision }) });
      return { name, command: process.execPath, args: [join(HERE, 'sides/our-features.ts'), said] };
    };
    const peer = (engine: (typeof PEERS)[number]): Side => {
      const argument = { engine, onnx: encoder.onnx, files: photographs.peerFile, workers: WORKERS, ...IMAGES };
      const args = [join(HERE, 'sides/peer_features.py'), JSON.stringify(argument)];
      return { name: engine, command: python, args };
    };
    const { precision } = choosePrecision('auto');
    const sides = [
      ours('ours, fp32', encoder.folder, 'fp32'),
      ...(precision === 'bf16' ? [ours('ours, auto', encoder.folder, 'auto')] : []),
      ours('ours, ONNX', encoder.onnxFolder),
      ...PEERS.map(peer),
    ];
    const results = await alternate(sides, ROUNDS, say);
    const auto = precision === 'bf16' ? 'ours, auto' : 'ours, fp32';
    return [
      ...compare(results, 'ours, fp32', 'fp32', 'PyTorch fp32 channels_last'),
      ...(auto === 'ours, fp32' ? [] : compare(results, auto, 'fp32', 'PyTorch fp32 channels_last')),
      ...compare(results, auto, 'bf16', 'PyTorch bf16 channels_last'),
      ...compare(results, 'ours, ONNX', 'onnxruntime', 'onnxruntime, Python'),
    ];
  },
};

function compare(results: ReadonlyMap<string, Measured>, name: string, other: string, peer: string): Row[] {
  const [own, theirs] = [results.get(name)!, results.get(other)!];
  const at = { case: `${name}: ResNet-50 at 224 px from JPEG`, peer, runs: own.seconds.length };
  return [
    row({ ...at, unit: 'images/s, best' }, 1 / min(own.seconds), 1 / min(theirs.seconds)),
    row({ ...at, unit: 'images/s, median' }, 1 / median(own.seconds), 1 / median(theirs.seconds)),
    row({ ...at, unit: 'peak RSS, MB' }, own.rssMB, theirs.rssMB),
  ];
}
