"""Makes outside.json: what Pillow, torchvision, torch and SciPy make of one small image. Run where they are installed:
python outside.py (Pillow 13.0, torchvision 0.28, torch 2.13, numpy 2.4, scipy 1.17)."""
import json, math, os
import numpy as np, torch
from PIL import Image, ImageOps
from scipy import stats
torch.library.register_fake = lambda *a, **k: lambda f: f  # for a torchvision built for another torch
import torchvision
import torchvision.transforms.v2.functional as F

H, W = 14, 14
rng = np.random.default_rng(0)
smooth = 128 + 90 * np.sin(np.arange(H)[:, None, None] / 3 + np.arange(W)[None, :, None] / 4 + np.arange(3))
image = np.clip(smooth + rng.normal(0, 25, (H, W, 3)), 0, 255).astype(np.uint8)
chw = torch.from_numpy(image.transpose(2, 0, 1).copy())
real = chw.double() / 255
hwc = lambda t, digits=7: [round(v, digits) for v in t.permute(1, 2, 0).flatten().tolist()]

def resized(h, w):
    planes = [Image.fromarray(image[..., c].astype(np.float32), 'F').resize((w, h), Image.BICUBIC) for c in range(3)]
    return {'size': [h, w], 'values': [round(float(v), 4) for v in np.stack(planes, -1).flatten()]}

def sobel():
    ky = torch.tensor([[-1., -2, -1], [0, 0, 0], [1, 2, 1]]).double()
    k = torch.stack([ky, ky.T])[:, None]
    edges = torch.nn.functional.conv2d(torch.nn.functional.pad(real[:, None], (1, 1, 1, 1), mode='reflect'), k)
    return (edges ** 2).sum(1).sqrt()

def motion(side, angle):
    """As kornia's get_motion_kernel2d(mode='bilinear')."""
    line = torch.zeros(1, 1, side, side).double()
    line[..., side // 2, :] = 1
    t = math.radians(angle)
    theta = torch.tensor([[[math.cos(t), -math.sin(t), 0], [math.sin(t), math.cos(t), 0]]]).double()
    grid = torch.nn.functional.affine_grid(theta, line.shape, align_corners=True)
    kernel = torch.nn.functional.grid_sample(line, grid, mode='bilinear', align_corners=True)
    kernel = kernel / kernel.sum()
    out = torch.nn.functional.conv2d(real[:, None], kernel, padding=side // 2)[:, 0]
    return {'side': side, 'angle': angle, 'kernel': [round(v, 9) for v in kernel.flatten().tolist()], 'values': hwc(out)}

def cutout(y, x, length):
    """The mask of github.com/uoguelph-mlrg/Cutout, util/cutout.py, with its draws given."""
    mask = np.ones((H, W), int)
    y1, y2 = np.clip(y - length // 2, 0, H), np.clip(y + length // 2, 0, H)
    x1, x2 = np.clip(x - length // 2, 0, W), np.clip(x + length // 2, 0, W)
    mask[y1:y2, x1:x2] = 0
    return {'y': y, 'x': x, 'length': length, 'mask': mask.flatten().tolist()}

pil = Image.fromarray(image)
out = {
    'shape': [H, W, 3],
    'image': image.flatten().tolist(),
    'antialias': [resized(h, w) for h, w in [(5, 3), (7, 10), (20, 9)]],
    'jitter': [
        {'op': op, 'factor': f, 'values': hwc(getattr(F, f'adjust_{op}')(real, f))}
        for op, f in [('brightness', 1.4), ('contrast', 0.3), ('contrast', 1.7), ('saturation', 0.3), ('saturation', 1.7), ('hue', -0.2), ('hue', 0.35)]
    ],
    'solarize': [{'threshold': t, 'values': np.asarray(ImageOps.solarize(pil, t)).flatten().tolist()} for t in (128, 60)],
    'equalize': np.asarray(ImageOps.equalize(pil)).flatten().tolist(),
    'equalizeLarge': np.asarray(ImageOps.equalize(pil.resize((90, 90), Image.NEAREST))).reshape(90, 90, 3)[::9, ::7].flatten().tolist(),
    'rotate': [np.rot90(image, q).flatten().tolist() for q in range(4)],
    'sobel': hwc(sobel()),
    'motion': [motion(5, 0), motion(5, 30), motion(7, 45), motion(7, 90), motion(3, 137)],
    'cutout': [cutout(7, 7, 6), cutout(0, 13, 8), cutout(12, 3, 5)],
    'normal': {'levels': [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999],
               'quantiles': [round(float(stats.norm.ppf(q)), 6) for q in (0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999)]},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'outside.json'), 'w') as f:
    json.dump(out, f, separators=(',', ':'))
