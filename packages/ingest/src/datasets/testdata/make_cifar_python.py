"""Rewrites a folder of CIFAR's binary version as that for Python, as Python 2 pickled it in 2009: protocol 2, text as bytes.

Arguments: the folder of the binary version, that of the Python version to write, `cifar10` or `cifar100`.
"""
import pickle
import struct
import sys
from pathlib import Path

import numpy


class Python2(pickle._Pickler):
    """Text is byte strings (SHORT_BINSTRING, BINSTRING), and modules have the names of the numpy of then."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_text(self, text):
        raw = text.encode() if isinstance(text, str) else text
        head = b"U" + bytes([len(raw)]) if len(raw) < 256 else b"T" + struct.pack("<i", len(raw))
        self.write(head + raw)
        self.memoize(text)

    def save_global(self, thing, name=None):
        module = "numpy.core.multiarray" if thing.__name__ == "_reconstruct" else "numpy"
        self.write(f"c{module}\n{thing.__name__}\n".encode())
        self.memoize(thing)

    dispatch[str] = dispatch[bytes] = save_text
    dispatch[type] = dispatch[type(len)] = save_global


def dump(path, content):
    with open(path, "wb") as file:
        Python2(file, protocol=2).dump(content)


def lines(path):
    return [line for line in path.read_text().split("\n") if line]


def batch(path, label_bytes):
    rows = numpy.fromfile(path, numpy.uint8).reshape(-1, label_bytes + 3072)
    labels = rows[:, :label_bytes].T.tolist()
    return labels, {
        "data": numpy.ascontiguousarray(rows[:, label_bytes:]),
        "filenames": [f"image_s_{i:06}.png" for i in range(len(rows))],
    }


binary, python = Path(sys.argv[1]), Path(sys.argv[2])
python.mkdir(parents=True)
if sys.argv[3] == "cifar10":
    names = lines(binary / "batches.meta.txt")
    dump(python / "batches.meta", {"num_cases_per_batch": 10000, "label_names": names, "num_vis": 3072})
    for path in binary.glob("*_batch*.bin"):
        (labels,), rows = batch(path, 1)
        which = "testing batch 1 of 1" if path.stem == "test_batch" else f"training batch {path.stem[-1]} of 5"
        dump(python / path.stem, {"batch_label": which, "labels": labels, **rows})
    (python / "readme.html").write_text("<p>")
else:
    names = lines(binary / "fine_label_names.txt")
    dump(python / "meta", {"fine_label_names": names, "coarse_label_names": [f"coarse {i}" for i in range(20)]})
    for split in ("train", "test"):
        (coarse, fine), rows = batch(binary / f"{split}.bin", 2)
        which = f"{split}ing batch 1 of 1"
        dump(python / split, {"batch_label": which, "fine_labels": fine, "coarse_labels": coarse, **rows})
    (python / "file.txt~").write_text("")
