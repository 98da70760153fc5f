"""Features of image files by an exported encoder, each image fed as the encoder says: docs/preprocessing.md.

    python tools/export/encode.py encoder.onnx photo.jpg other.png

Needs numpy, onnxruntime and Pillow. Copy `load` and `taps` into whatever feeds the encoder."""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def taps(n, size, how):
    """Weights of n pixels in each of `size`, [size, n]."""
    scale = n / size
    legacy = how['coordinates'] == 'legacy'
    centre = np.arange(size) * scale if legacy else (np.arange(size) + 0.5) * scale - 0.5
    stretch = max(scale, 1) if how['antialias'] else 1
    reach = int(np.ceil(2 * stretch)) + 1
    d = np.abs(np.arange(-reach, n + reach) - centre[:, None]) / stretch
    if how['resize'] == 'bilinear':
        weight = np.maximum(0, 1 - d)
    else:
        a = how['a']
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        weight = np.where(d < 1, near, np.where(d < 2, far, 0))
    inside = weight[:, reach:-reach]
    if legacy:  # What lies outside is as the edge is; elsewhere it is left out.
        inside[:, 0] += weight[:, :reach].sum(1)
        inside[:, -1] += weight[:, -reach:].sum(1)
    return inside / inside.sum(1, keepdims=True)


def load(path, how):
    """An image file as the encoder wants it, float32 [h, w, c] in [0, 1]."""
    image = ImageOps.exif_transpose(Image.open(path)).convert('RGB' if how['channels'] == 'RGB' else 'L')
    height, width = how['size']
    share = how['crop'] * min(image.width / width, image.height / height)
    w, h = max(1, round(share * width)), max(1, round(share * height))
    left, top = (image.width - w + 1) // 2, (image.height - h + 1) // 2
    pixels = np.asarray(image.crop((left, top, left + w, top + h)), np.float64).reshape(h, w, -1) / 255
    pixels = np.einsum('yh,hwc,xw->yxc', taps(h, height, how), pixels, taps(w, width, how), optimize=True)
    return np.float32(pixels.clip(0, 1))


if __name__ == '__main__':
    session = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
    how = json.loads(session.get_modelmeta().custom_metadata_map['preprocessing'])
    for path in sys.argv[2:]:
        (features,) = session.run(['features'], {'images': load(path, how)[None]})
        print(path, *features[0])
