"""Archives as other programs write them: python make_archives.py FOLDER. Standard library only."""

import bz2
import gzip
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile

OUT = sys.argv[1]
# A PNG of one pixel, made another file by what follows its end.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def put(name, data):
    with open(os.path.join(OUT, name), "wb") as file:
        file.write(data)


def add(tar, name, data=PNG, kind=tarfile.REGTYPE, link="", pax=None, mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    info.pax_headers = pax or {}
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    tar.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)


def pets(tar, root="pets/", data=PNG, **rest):
    for label in ("cat", "dog"):
        for i in range(4):
            add(tar, f"{root}{label}/{i}.png", data + b"%d" % i, **rest)


def make(name, fill, mode="w", format=tarfile.PAX_FORMAT, **rest):
    with tarfile.open(os.path.join(OUT, name), mode, format=format, **rest) as tar:
        fill(tar)


make("plain.tar", pets)
RAW = open(os.path.join(OUT, "plain.tar"), "rb").read()
HALF = len(RAW) // 2
for end, pack in {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}.items():
    put(f"one.{end}", pack(RAW))
    put(f"parts.{end}", pack(RAW[:HALF]) + pack(RAW[HALF:]))
    put(f"garbage.{end}", pack(RAW) + b"garbage" * 9000)
    put(f"zeros.{end}", pack(RAW) + bytes(2048))
    put(f"cut.{end}", pack(RAW)[: -len(pack(RAW)) // 3])
put("garbage.tar", RAW + b"garbage" * 9)
put("concatenated.tar", RAW + RAW)
put("cut.tar", RAW[: HALF - 100])
put("twice.tar.gz", gzip.compress(gzip.compress(RAW)))
put("flipped.tar.gz", (lambda b: b[: len(b) // 2] + bytes([b[len(b) // 2] ^ 255]) + b[len(b) // 2 + 1 :])(gzip.compress(RAW)))
put("endless.tar", tarfile.TarInfo("cat/0.png").tobuf(tarfile.GNU_FORMAT))

APPLE = {"LIBARCHIVE.xattr.com.apple.provenance": "AQIA", "SCHILY.xattr.com.apple.provenance": "x"}


def mac(tar):
    for label in ("cat", "dog"):
        for i in range(300):
            add(tar, f"pets/{label}/._{i}.png", b"\0\5\x16\7", pax=APPLE)
            add(tar, f"pets/{label}/{i}.png", pax=APPLE)


make("mac.tar.gz", mac, "w:gz")
for name, form in {"gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}.items():
    make(f"long-{name}.tar", lambda tar: pets(tar, "p" * 120 + "/" + "q" * 240 + "/"), format=form)
make("ustar.tar", lambda tar: pets(tar, "d" * 60 + "/" + "e" * 60 + "/"), format=tarfile.USTAR_FORMAT)
make(
    "latin1.tar",
    lambda tar: [add(tar, f"ch\u00e2t/{x}.png", PNG + x.encode()) for x in "\u00e9\u00e8"] + [add(tar, "chien/0.png")],
    format=tarfile.GNU_FORMAT,
    encoding="latin1",
)
make("control.tar", lambda tar: pets(tar, "pets\n\x1b[31m/"))
FOLDERS = ("pets", "pets/cat", "pets/dog")
make("readonly.tar", lambda tar: ([add(tar, f, kind=tarfile.DIRTYPE, mode=0o555) for f in FOLDERS], pets(tar, mode=0o444)))
make("again.tar", lambda tar: (pets(tar), pets(tar, data=PNG + b"again")))
make("up.tar", lambda tar: (pets(tar), add(tar, "../evil.png")))
make("absolute.tar", lambda tar: (pets(tar), add(tar, "/tmp/evil.png")))

LINK, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE


def links(tar):
    pets(tar)
    add(tar, "pets/dog/7.png", kind=HARD, link="pets/cat/0.png")
    add(tar, "pets/dog/8.png", kind=LINK, link="../cat/1.png")
    add(tar, "alias", kind=LINK, link="pets/cat")
    add(tar, "pets/dog/9.png", kind=LINK, link="../../alias/2.png")
    add(tar, "pets/emu", kind=LINK, link="./cat")
    add(tar, "pets/a", kind=LINK, link="b")
    add(tar, "pets/b", kind=LINK, link="a")
    add(tar, "pets/self", kind=LINK, link="..")
    add(tar, "pets/cat/pipe.png", kind=tarfile.FIFOTYPE)


make("links.tar", links)
make("link-out.tar", lambda tar: (pets(tar), add(tar, "pets/dog/8.png", kind=LINK, link="../../../etc/passwd")))
make("link-absolute.tar", lambda tar: (pets(tar), add(tar, "pets/dog/8.png", kind=LINK, link="/etc/passwd")))
make("link-nowhere.tar", lambda tar: (pets(tar), add(tar, "pets/dog/8.png", kind=LINK, link="none.png")))


def zipped(name, method=zipfile.ZIP_DEFLATED, zip64=False, names=("cat", "dog"), slash="/"):
    with zipfile.ZipFile(os.path.join(OUT, name), "w", method) as archive:
        for label in names:
            for i in range(4):
                info = zipfile.ZipInfo("x")
                info.filename, info.compress_type = f"pets{slash}{label}{slash}{i}.png", method
                with archive.open(info, "w", force_zip64=zip64) as file:
                    file.write(PNG + b"%d" % i)
    return open(os.path.join(OUT, name), "rb").read()


DEFLATED = zipped("deflated.zip")
STORED = zipped("stored.zip", zipfile.ZIP_STORED)
zipped("zip64.zip", zip64=True)
zipped("windows.zip", slash="\\")
zipped("control.zip", names=("cat\n\x1b[31m",))
zipped("bzip2.zip", zipfile.ZIP_BZIP2)
put("garbage.zip", DEFLATED + b"garbage" * 900)
put("cut.zip", DEFLATED[: len(DEFLATED) // 2])
put("checksum.zip", STORED.replace(b"IDAT", b"IDAX", 1))


def flagged(data, change):
    data = bytearray(data)
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        for found in re.finditer(re.escape(signature), bytes(data)):
            data[found.start() + at], data[found.start() + at + 1] = change(*data[found.start() + at :][:2])
    return bytes(data)


put("encrypted.zip", flagged(DEFLATED, lambda low, high: (low | 1, high)))
UNICODE = zipped("unicode.zip", names=("caf\u00e9", "\u72ac"))
put("mac-unicode.zip", flagged(UNICODE, lambda low, high: (low, high & ~8)))
with zipfile.ZipFile(os.path.join(OUT, "up.zip"), "w") as archive:
    archive.writestr("../../evil.png", PNG)
