"""PyTorch's side of train-step. Argument: {variant, depth, width, stem, side, pairs, steps} as JSON. Prints Measured."""
import json
import sys
import time

import torch
from peak_memory import peak_mb
from peer_model import Trainer

a = json.loads(sys.argv[1])
trainer = Trainer(a['variant'], a['depth'], a['width'], a['stem'])
x = torch.rand(2 * a['pairs'], 3, a['side'], a['side']).contiguous(memory_format=trainer.layout)
trainer.step(x)
trainer.step(x)
seconds = []
for _ in range(a['steps']):
    started = time.perf_counter()
    trainer.step(x)
    seconds.append(time.perf_counter() - started)
parameters = sum(p.numel() for p in trainer.model.parameters())
print(json.dumps({'seconds': seconds, 'rssMB': peak_mb(), 'parameters': parameters}))
