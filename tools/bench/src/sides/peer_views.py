"""The peers' side of views, in one thread. Argument: {library, images, encoded, size, strength, blur, batch, batches, passes} as
JSON. Prints Measured, seconds of CPU time a view."""
import io
import json
import os
import random
import sys
import time

os.environ['NO_ALBUMENTATIONS_UPDATE'] = '1'
import cv2
import numpy as np
from PIL import Image
from peak_memory import peak_mb

a = json.loads(sys.argv[1])
cv2.setNumThreads(0)
random.seed(1)
s = a['strength']

if a['library'] == 'pil':
    from pil_views import Views

    make = Views(a['size'], s, a['blur'])
    decode = lambda data: Image.open(io.BytesIO(data)).convert('RGB')
    wrap = Image.fromarray
else:
    import albumentations as A

    ops = [
        A.RandomResizedCrop((a['size'], a['size']), scale=(0.08, 1.0)),
        A.HorizontalFlip(p=0.5),
        A.ColorJitter(brightness=0.8 * s, contrast=0.8 * s, saturation=0.8 * s, hue=0.2 * s, p=0.8),
        A.ToGray(p=0.2),
    ]
    if a['blur']:
        ops.append(A.GaussianBlur(blur_limit=0, sigma_limit=(0.1, 2.0), p=0.5))
    compose = A.Compose(ops)
    make = lambda img: compose(image=img)['image'].astype(np.float32) / 255
    decode = lambda data: cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    wrap = lambda array: array

if a['encoded']:
    files = [open(os.path.join(a['images'], name), 'rb').read() for name in sorted(os.listdir(a['images']))]
    load = lambda i: decode(files[i % len(files)])
else:
    array = np.load(a['images'], mmap_mode='r')
    load = lambda i: wrap(np.asarray(array[i % len(array)]))

seconds = []
at = 0
for k in range(a['passes'] + 1):
    started = time.process_time()
    for _ in range(a['batches']):
        out = []
        for _ in range(a['batch']):
            img = load(at)
            at += 1
            out.append(make(img))
            out.append(make(img))
        np.stack(out)
    # The first pass warms up.
    if k > 0:
        seconds.append((time.process_time() - started) / (2 * a['batch'] * a['batches']))
print(json.dumps({'seconds': seconds, 'rssMB': peak_mb()}))
