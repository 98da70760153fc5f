"""PyTorch's side of pretrain: DataLoader workers make views with PIL, the main process trains.
Argument: {file, variant, depth, width, stem, size, strength, blur, pairs, workers, warmUp, windows, window} as JSON. Prints Measured."""
import json
import os
import resource
import sys
import time

import numpy as np
import torch
from PIL import Image
from peak_memory import peak_mb
from peer_model import Trainer
from pil_views import Views
from torch.utils.data import DataLoader, Dataset


class Pairs(Dataset):
    def __init__(self, file, views):
        self.views = views
        if file.endswith('.npy'):
            self.array = np.load(file)
            self.paths = None
        else:
            root = os.path.dirname(file)
            self.paths = [os.path.join(root, line) for line in open(file).read().split('\n') if line]

    def __len__(self):
        return len(self.array if self.paths is None else self.paths)

    def __getitem__(self, i):
        img = Image.fromarray(self.array[i]) if self.paths is None else Image.open(self.paths[i]).convert('RGB')
        return torch.from_numpy(self.views(img)), torch.from_numpy(self.views(img))


a = json.loads(sys.argv[1])
data = Pairs(a['file'], Views(a['size'], a['strength'], a['blur']))
loader = DataLoader(data, a['pairs'], shuffle=True, num_workers=a['workers'], drop_last=True, persistent_workers=True)
trainer = Trainer(a['variant'], a['depth'], a['width'], a['stem'])
total = a['warmUp'] + a['windows'] * a['window']
times, waited, waits = [], 0.0, []


def batches():
    while True:
        yield from loader


source = batches()
for _ in range(total):
    asked = time.perf_counter()
    first, second = next(source)
    waits.append(time.perf_counter() - asked)
    trainer.step(torch.cat([first, second]))
    times.append(time.perf_counter())
at = a['warmUp'] - 1
k = a['window']
seconds = [(times[at + (i + 1) * k] - times[at + i * k]) / k for i in range(a['windows'])]
wait = sum(waits[a['warmUp']:]) / (times[-1] - times[at])
rss = peak_mb() + a['workers'] * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({'seconds': seconds, 'rssMB': rss, 'waitShare': wait}))
os._exit(0)
