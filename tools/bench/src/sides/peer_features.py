"""The peers' side of features: DataLoader workers decode and resize with PIL, the main process runs the network.
Argument: {engine, onnx, files, images, warmUp, batch, workers} as JSON; engine is `fp32`, `bf16` or `onnxruntime`. Prints Measured."""
import json
import os
import resource
import sys
import time

import numpy as np
import torch
from PIL import Image
from peak_memory import peak_mb
from peer_model import SimCLR
from torch.utils.data import DataLoader, Dataset

a = json.loads(sys.argv[1])
root = os.path.dirname(a['files'])
paths = [os.path.join(root, line) for line in open(a['files']).read().split('\n') if line]


class Photographs(Dataset):
    """Shorter side to 256 px, the centre's 224 x 224, as torchvision's Resize and CenterCrop do it on PIL images."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        img = Image.open(self.paths[i]).convert('RGB')
        w, h = img.size
        short = min(w, h)
        img = img.resize((256 * w // short, 256 * h // short), Image.BILINEAR)
        x, y = round((img.width - 224) / 2), round((img.height - 224) / 2)
        return torch.from_numpy(np.asarray(img.crop((x, y, x + 224, y + 224))).transpose(2, 0, 1).copy()).float().div_(255)


def network():
    if a['engine'] == 'onnxruntime':
        import onnxruntime

        session = onnxruntime.InferenceSession(a['onnx'], providers=['CPUExecutionProvider'])
        given = session.get_inputs()[0]
        planar = given.shape[1] == 3
        return lambda x: session.run(None, {given.name: (x if planar else x.permute(0, 2, 3, 1).contiguous()).numpy()})[0]
    torch.manual_seed(0)
    model = SimCLR(50, 64, 'imagenet').eval().to(memory_format=torch.channels_last)
    if a['engine'] == 'bf16':
        model = model.to(torch.bfloat16)
    dtype = torch.bfloat16 if a['engine'] == 'bf16' else torch.float32

    def encode(x):
        x = x.to(dtype=dtype, memory_format=torch.channels_last)
        return model.layers(model.pool(model.stem(x))).mean((2, 3)).float().numpy()

    return encode


encode = network()


def run(count):
    stride = len(paths) // count
    data = Photographs([paths[i * stride] for i in range(count)])
    started = time.perf_counter()
    features = [encode(x) for x in DataLoader(data, a['batch'], num_workers=a['workers'])]
    assert np.isfinite(np.concatenate(features)).all()
    return (time.perf_counter() - started) / count


with torch.inference_mode():
    run(a['warmUp'])
    seconds = [run(a['images'])]
rss = peak_mb() + a['workers'] * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({'seconds': seconds, 'rssMB': rss}))
os._exit(0)
