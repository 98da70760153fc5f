"""SimCLR's augmentation on PIL images, as torchvision's transforms do it on its PIL path."""
import math
import random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter


def random_resized_crop(img, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)):
    width, height = img.size
    area = width * height
    for _ in range(10):
        target = area * random.uniform(*scale)
        aspect = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))
        if 0 < w <= width and 0 < h <= height:
            x, y = random.randint(0, width - w), random.randint(0, height - h)
            break
    else:
        w = h = min(width, height)
        x, y = (width - w) // 2, (height - h) // 2
    return img.crop((x, y, x + w, y + h)).resize((size, size), Image.BILINEAR)


def adjust_hue(img, factor):
    h, s, v = img.convert('HSV').split()
    a = np.array(h, dtype=np.uint8)
    a = (a.astype(np.int16) + int(factor * 255)).astype(np.uint8)
    return Image.merge('HSV', (Image.fromarray(a, 'L'), s, v)).convert('RGB')


def colour_jitter(img, s):
    b, c, sat = (random.uniform(max(0, 1 - 0.8 * s), 1 + 0.8 * s) for _ in range(3))
    hue = random.uniform(-0.2 * s, 0.2 * s)
    for i in random.sample(range(4), 4):
        if i == 0:
            img = ImageEnhance.Brightness(img).enhance(b)
        elif i == 1:
            img = ImageEnhance.Contrast(img).enhance(c)
        elif i == 2:
            img = ImageEnhance.Color(img).enhance(sat)
        else:
            img = adjust_hue(img, hue)
    return img


class Views:
    """One view: crop, flip, colour jitter, grey, blur where asked for; float CHW in [0, 1]."""

    def __init__(self, size, strength, blur):
        self.size, self.strength, self.blur = size, strength, blur

    def __call__(self, img):
        img = random_resized_crop(img, self.size)
        if random.random() < 0.5:
            img = img.transpose(Image.FLIP_LEFT_RIGHT)
        if random.random() < 0.8:
            img = colour_jitter(img, self.strength)
        if random.random() < 0.2:
            grey = img.convert('L')
            img = Image.merge('RGB', (grey, grey, grey))
        if self.blur and random.random() < 0.5:
            img = img.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))
        return np.asarray(img, dtype=np.float32).transpose(2, 0, 1) / 255
