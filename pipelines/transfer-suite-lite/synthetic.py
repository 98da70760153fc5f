"""
Archives in the official layouts, with the official numbers of rows and classes, of drawn images of 40 px: for transfer-suite-lite
where the datasets themselves are not here. Numbers on them mean nothing.

    pip install numpy pillow scipy
    python synthetic.py FOLDER [NAME ...]
"""
import io
import os
import sys
import tarfile
import zipfile
from functools import lru_cache

import numpy as np
from PIL import Image
from scipy.io import savemat

SIDE = 40
Y, X = np.mgrid[0:SIDE, 0:SIDE] / SIDE


@lru_cache(None)
def kind(dataset, label):
    """A class: two gratings of its own, each of a colour."""
    draw = np.random.default_rng([sum(map(ord, dataset)), label])
    return draw.uniform(1, 7, 2), draw.uniform(0, np.pi, 2), draw.uniform(-1, 1, (2, 3))


def pixels(dataset, labels, at):
    """An image [40, 40, 3] with what its classes look like, at phases, in light and noise of its own."""
    draw = np.random.default_rng([at, sum(map(ord, dataset)), 7])
    image = draw.normal(0, 0.5, (SIDE, SIDE, 3)) + draw.normal(0, 0.3, 3)
    for label in labels:
        for frequency, angle, colour in zip(*kind(dataset, label)):
            turn = angle + draw.normal(0, 0.1)
            wave = np.sin(2 * np.pi * frequency * (X * np.cos(turn) + Y * np.sin(turn)) + draw.uniform(0, 6.3))
            image += draw.uniform(0.4, 1) * wave[..., None] * colour
    return np.clip(128 + 55 * image, 0, 255).astype(np.uint8)


def jpeg(dataset, labels, at):
    out = io.BytesIO()
    Image.fromarray(pixels(dataset, labels, at)).save(out, 'JPEG', quality=85)
    return out.getvalue()


class Tar:
    def __init__(self, path):
        self.path, self.tar = path, tarfile.open(path + '.part', 'w')

    def add(self, name, content):
        info = tarfile.TarInfo(name)
        info.size = len(content)
        self.tar.addfile(info, io.BytesIO(content))

    def lines(self, name, lines):
        self.add(name, ''.join(line + '\n' for line in lines).encode())

    def close(self):
        self.tar.close()
        os.rename(self.path + '.part', self.path)


def rows(counts, classes):
    """(split, number in all, label), each split round its classes."""
    at = 0
    for split, count in counts.items():
        for i in range(count):
            yield split, at, i % classes
            at += 1


def food101(out):
    tar, lists = Tar(f'{out}/food-101.tar.gz'), {'train': [], 'test': []}
    for split, at, label in rows({'train': 75750, 'test': 25250}, 101):
        lists[split].append(f'dish_{label:03}/{at}')
        tar.add(f'food-101/images/dish_{label:03}/{at}.jpg', jpeg('food101', [label], at))
    tar.lines('food-101/meta/classes.txt', [f'dish_{label:03}' for label in range(101)])
    for split, names in lists.items():
        tar.lines(f'food-101/meta/{split}.txt', names)
    tar.close()


def cifar100(out):
    tar, parts = Tar(f'{out}/cifar-100-binary.tar.gz'), {'train': [], 'test': []}
    for split, at, label in rows({'train': 50000, 'test': 10000}, 100):
        image = pixels('cifar100', [label], at)[4:36, 4:36]
        parts[split].append(bytes([label // 5, label]) + image.transpose(2, 0, 1).tobytes())
    tar.lines('cifar-100-binary/fine_label_names.txt', [f'thing_{label:02}' for label in range(100)])
    for split, records in parts.items():
        tar.add(f'cifar-100-binary/{split}.bin', b''.join(records))
    tar.close()


def birdsnap(out):
    tar, images, tested = Tar(f'{out}/birdsnap-images.tar'), ['path\tspecies_id'], ['path']
    for split, at, label in rows({'train': 47386, 'test': 2443}, 500):
        path = f'Bird_{label:03}/{at}.jpg'
        images.append(f'{path}\t{label + 1}')
        if split == 'test':
            tested.append(path)
        tar.add(f'images/{path}', jpeg('birdsnap', [label], at))
    tar.close()
    tar = Tar(f'{out}/birdsnap.tgz')
    tar.lines('birdsnap/species.txt', ['id\tcommon'] + [f'{label + 1}\tBird {label:03}' for label in range(500)])
    tar.lines('birdsnap/images.txt', images)
    tar.lines('birdsnap/test_images.txt', tested)
    tar.close()


def sun397(out):
    tar, lists = Tar(f'{out}/SUN397.tar.gz'), {'train': [], 'test': []}
    for split, at, label in rows({'train': 19850, 'test': 19850}, 397):
        path = f'/s/scene_{label:03}/sun_{at}.jpg'
        lists[split].append(path)
        tar.add(f'SUN397{path}', jpeg('sun397', [label], at))
    tar.close()
    with zipfile.ZipFile(f'{out}/Partitions.zip', 'w') as zip:
        zip.writestr('ClassName.txt', ''.join(f'/s/scene_{label:03}\n' for label in range(397)))
        zip.writestr('Training_01.txt', '\n'.join(lists['train']))
        zip.writestr('Testing_01.txt', '\n'.join(lists['test']))


def cars(out):
    tars = {split: Tar(f'{out}/cars_{split}.tgz') for split in ('train', 'test')}
    listed, number = {'train': [], 'test': []}, {'train': 0, 'test': 0}
    for split, at, label in rows({'train': 8144, 'test': 8041}, 196):
        number[split] += 1
        name = f'{number[split]:05}.jpg'
        listed[split].append((1, 1, 30, 30, label + 1, name))
        tars[split].add(f'cars_{split}/{name}', jpeg('cars', [label], at))
    for tar in tars.values():
        tar.close()

    def mat(content):
        file = io.BytesIO()
        savemat(file, content)
        return file.getvalue()

    fields = [('bbox_x1', object), ('bbox_y1', object), ('bbox_x2', object), ('bbox_y2', object), ('class', object), ('fname', object)]
    annotations = {split: mat({'annotations': np.array([list_], dtype=fields)}) for split, list_ in listed.items()}
    names = np.array([[f'Car {label:03}' for label in range(196)]], dtype=object)
    tar = Tar(f'{out}/car_devkit.tgz')
    tar.add('devkit/cars_meta.mat', mat({'class_names': names}))
    tar.add('devkit/cars_train_annos.mat', annotations['train'])
    tar.close()
    with open(f'{out}/cars_test_annos_withlabels.mat', 'wb') as file:
        file.write(annotations['test'])


def aircraft(out):
    tar, root = Tar(f'{out}/fgvc-aircraft-2013b.tar.gz'), 'fgvc-aircraft-2013b/data'
    lists = {'train': [], 'val': [], 'test': []}
    for split, at, label in rows({'train': 3334, 'val': 3333, 'test': 3333}, 100):
        lists[split].append(f'{at:07} Variant {label:02}')
        tar.add(f'{root}/images/{at:07}.jpg', jpeg('aircraft', [label], at))
    tar.lines(f'{root}/variants.txt', [f'Variant {label:02}' for label in range(100)])
    for split, lines in lists.items():
        tar.lines(f'{root}/images_variant_{split}.txt', lines)
    tar.close()


VOC = 'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split()


def voc2007(out):
    root = 'VOCdevkit/VOC2007'
    tars = {'trainval': Tar(f'{out}/VOCtrainval_06-Nov-2007.tar'), 'test': Tar(f'{out}/VOCtest_06-Nov-2007.tar')}
    lists = {'train': [], 'val': [], 'test': []}
    for split, at, label in rows({'train': 2501, 'val': 2510, 'test': 4952}, 20):
        tar, id = tars['test' if split == 'test' else 'trainval'], f'{at:06}'
        draw = np.random.default_rng([at, 2007])
        labels = sorted({label, *draw.choice(20, draw.integers(0, 3))})
        hard = [i > 0 and draw.random() < 0.15 for i in range(len(labels))]
        objects = ''.join(
            f'<object><name>{VOC[each]}</name><difficult>{int(difficult)}</difficult></object>' for each, difficult in zip(labels, hard)
        )
        tar.add(f'{root}/Annotations/{id}.xml', f'<annotation><filename>{id}.jpg</filename>{objects}</annotation>'.encode())
        tar.add(f'{root}/JPEGImages/{id}.jpg', jpeg('voc2007', labels, at))
        lists[split].append(id)
    for split, ids in lists.items():
        tars['test' if split == 'test' else 'trainval'].lines(f'{root}/ImageSets/Main/{split}.txt', ids)
    for tar in tars.values():
        tar.close()


def dtd(out):
    tar, lists = Tar(f'{out}/dtd-r1.0.1.tar.gz'), {'train': [], 'val': [], 'test': []}
    for split, at, label in rows({'train': 1880, 'val': 1880, 'test': 1880}, 47):
        path = f'texture{label:02}/texture{label:02}_{at:04}.jpg'
        lists[split].append(path)
        tar.add(f'dtd/images/{path}', jpeg('dtd', [label], at))
    for split, paths in lists.items():
        tar.lines(f'dtd/labels/{split}1.txt', paths)
    tar.close()


def pets(out):
    tar, lists = Tar(f'{out}/images.tar.gz'), {'trainval': ['#Image CLASS-ID SPECIES BREED ID'], 'test': []}
    for split, at, label in rows({'trainval': 3680, 'test': 3669}, 37):
        name = f'Breed{label:02}_{at}'
        lists[split].append(f'{name} {label + 1} 1 1')
        tar.add(f'images/{name}.jpg', jpeg('pets', [label], at))
    tar.close()
    tar = Tar(f'{out}/annotations.tar.gz')
    for split, lines in lists.items():
        tar.lines(f'annotations/{split}.txt', lines)
    tar.close()


def flowers(out):
    tar, sets, labels = Tar(f'{out}/102flowers.tgz'), {'trnid': [], 'valid': [], 'tstid': []}, []
    for split, at, label in rows({'trnid': 1020, 'valid': 1020, 'tstid': 6149}, 102):
        sets[split].append(at + 1)
        labels.append(label + 1)
        tar.add(f'jpg/image_{at + 1:05}.jpg', jpeg('flowers', [label], at))
    tar.close()
    savemat(f'{out}/imagelabels.mat', {'labels': np.array([labels], dtype=np.uint8)})
    savemat(f'{out}/setid.mat', {split: np.array([ids], dtype=np.uint16) for split, ids in sets.items()})


ALL = {f.__name__: f for f in (food101, cifar100, birdsnap, sun397, cars, aircraft, voc2007, dtd, pets, flowers)}

if __name__ == '__main__':
    out, *names = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    for name in names or ALL:
        ALL[name](out)
        print(name, flush=True)
