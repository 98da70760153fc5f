"""Makes pillow.json: small files of every kind, and what Pillow makes of them, ImageOps.exif_transpose(image).convert('RGB').
Run where they are installed: python pillow.py (Pillow 13.0, numpy 2.4, tifffile 2026.3)."""
import base64, io, json, os, struct, zlib
import numpy as np, tifffile
from PIL import Image, ImageCms, ImageOps

N = 12
y, x = np.mgrid[0:N, 0:N]
rgb = np.stack([40 + 15 * x, 220 - 12 * y, 60 + 6 * x + 8 * y], -1).astype(np.uint8)
grey = (20 + 12 * x + 8 * y).astype(np.uint8)
alpha = np.where(x < N // 2, 0, 255 - 9 * y).astype(np.uint8)
deep = rgb.astype(np.uint16) * 257 // 2 + 32 * x[..., None].astype(np.uint16)
I, G, A = Image.fromarray(rgb), Image.fromarray(grey), Image.fromarray(np.dstack([rgb, alpha]))
LA = Image.fromarray(np.dstack([grey, alpha]))
P = I.quantize(32)
ink = np.dstack([255 - rgb, 20 * x % 200]).astype(np.uint8)
K = Image.fromarray(ink, 'CMYK')
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
# Whoever applies it sees red and blue change places.
profile = srgb.replace(b'rXYZ', b'tmp_', 1).replace(b'bXYZ', b'rXYZ', 1).replace(b'tmp_', b'bXYZ', 1)

def save(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()

def tiff(array, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, array, **options)
    return out.getvalue()

def png(colour, depth, rows, *chunks):
    chunk = lambda name, data: struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
    return b''.join([b'\x89PNG\r\n\x1a\n', chunk(b'IHDR', struct.pack('>IIBBBBB', N, N, depth, colour, 0, 0, 0)),
                     *[chunk(*c) for c in chunks], chunk(b'IDAT', zlib.compress(b''.join(b'\0' + bytes(r) for r in rows))),
                     chunk(b'IEND', b'')])

def png16(colour, *channels):
    array = np.dstack(channels).astype('>u2').reshape(N, -1)
    return png(colour, 16, [row.tobytes() for row in array])

def turned(orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    return exif

def inverted(jpeg):
    """The same inks under the mark of Adobe, which means them inverted, or without it."""
    at = jpeg.find(b'\xff\xee')
    length = struct.unpack('>H', jpeg[at + 2:at + 4])[0]
    return jpeg[:at] + jpeg[at + 2 + length:]

opposite = ImageOps.invert(I)
jpeg = dict(quality=95)
lossless = dict(lossless=True, exact=True)
cmyk = save(K, 'JPEG', **jpeg)
files = {
    'RGB PNG': save(I, 'PNG'), 'RGB JPEG': save(I, 'JPEG', **jpeg), 'RGB WebP': save(I, 'WEBP', **lossless),
    'lossy WebP': save(I, 'WEBP', quality=90), 'RGB TIFF': save(I, 'TIFF'), 'LZW TIFF': save(I, 'TIFF', compression='tiff_lzw'),
    'JPEG in TIFF': save(I, 'TIFF', compression='jpeg'), 'planar TIFF': tiff(rgb.transpose(2, 0, 1).copy(), photometric='rgb', planarconfig='separate'),
    'BigTIFF': tiff(rgb, photometric='rgb', bigtiff=True), 'AVIF': save(I, 'AVIF', quality=95), 'GIF': save(P, 'GIF'),
    'progressive JPEG': save(I, 'JPEG', progressive=True, **jpeg),
    'grey PNG': save(G, 'PNG'), 'grey JPEG': save(G, 'JPEG', **jpeg), 'grey TIFF': save(G, 'TIFF'),
    'grey TIFF, white is 0': tiff(grey, photometric='miniswhite'),
    'grey PNG of 4 bits': png(0, 4, [np.packbits(np.unpackbits((r >> 4)[:, None], axis=1)[:, 4:].ravel()) for r in grey]),
    '1-bit PNG': save(Image.fromarray(grey > 100), 'PNG'), '1-bit TIFF': save(Image.fromarray(grey > 100), 'TIFF', compression='group4'),
    'palette PNG': save(P, 'PNG'), 'palette TIFF': save(P, 'TIFF'), 'palette PNG, one clear': save(P, 'PNG', transparency=3),
    'palette PNG, many clear': save(P, 'PNG', transparency=bytes(range(0, 256, 8))),
    'GIF, one clear': save(P, 'GIF', transparency=3), 'GIF of RGBA': save(A, 'GIF'),
    'RGBA PNG': save(A, 'PNG'), 'RGBA WebP': save(A, 'WEBP', **lossless), 'lossy RGBA WebP': save(A, 'WEBP', quality=90, exact=True),
    'RGBA TIFF': save(A, 'TIFF'), 'RGBA AVIF': save(A, 'AVIF', quality=95), 'grey and alpha PNG': save(LA, 'PNG'),
    'grey and alpha TIFF': save(LA, 'TIFF'),
    'RGB PNG, a clear colour': png(2, 8, rgb.reshape(N, -1), (b'tRNS', struct.pack('>HHH', *map(int, rgb[3, 3])))),
    'grey PNG, a clear colour': png(0, 8, grey, (b'tRNS', struct.pack('>H', int(grey[3, 3])))),
    'RGBA TIFF, premultiplied': tiff(np.dstack([rgb.astype(int) * (alpha[..., None] | 128) // 255, alpha | 128]).astype(np.uint8), photometric='rgb', extrasamples=['assocalpha']),
    'RGB TIFF and something': tiff(np.dstack([rgb, alpha]), photometric='rgb', extrasamples=['unspecified']),
    '16-bit RGB PNG': png16(2, deep), '16-bit RGBA PNG': png16(6, deep, alpha.astype(np.uint16) * 257),
    '16-bit RGB TIFF': tiff(deep, photometric='rgb'),
    'CMYK JPEG': cmyk, 'CMYK JPEG without the mark of Adobe': inverted(cmyk), 'CMYK TIFF': save(K, 'TIFF'), 'CMYK TIFF with a profile': save(K, 'TIFF', icc_profile=profile),
    'PNG with a profile': save(I, 'PNG', icc_profile=profile), 'JPEG with a profile': save(I, 'JPEG', icc_profile=profile, **jpeg),
    'grey JPEG with a profile of RGB': save(G, 'JPEG', icc_profile=profile, **jpeg),
    'WebP with a profile': save(I, 'WEBP', icc_profile=profile, **lossless), 'TIFF with a profile': save(I, 'TIFF', icc_profile=profile),
    'PNG with a gamma': png(2, 8, rgb.reshape(N, -1), (b'gAMA', struct.pack('>I', 100000))),
    'animated GIF': save(P, 'GIF', save_all=True, append_images=[opposite.quantize(32)], duration=100),
    'animated WebP': save(I, 'WEBP', save_all=True, append_images=[opposite], **lossless),
    'animated PNG': save(I, 'PNG', save_all=True, append_images=[opposite]),
    'TIFF of two pages': save(I, 'TIFF', save_all=True, append_images=[opposite]),
    **{f'JPEG turned by {o}': save(I, 'JPEG', exif=turned(o), **jpeg) for o in range(2, 9)},
    **{f'PNG turned by {o}': save(I, 'PNG', exif=turned(o)) for o in (3, 6)},
    **{f'WebP turned by {o}': save(I, 'WEBP', exif=turned(o), **lossless) for o in (5, 8)},
    **{f'TIFF turned by {o}': save(I, 'TIFF', exif=turned(o)) for o in (2, 6)},
    **{f'AVIF turned by {o}': save(I, 'AVIF', exif=turned(o), quality=95) for o in (6, 7)},
    'CMYK JPEG turned by 6': save(K, 'JPEG', exif=turned(6), **jpeg),
    'RGBA PNG turned by 6': save(A, 'PNG', exif=turned(6)),
}
# Pillow clips grey of 16 bits at 255: here is what its upper 8 bits are.
own = {'16-bit grey PNG': png16(0, deep[..., 0]), '16-bit grey TIFF': tiff(deep[..., 0]), '16-bit grey and alpha PNG': png16(4, deep[..., 0], alpha.astype(np.uint16) * 257)}
refused = {'float TIFF': tiff(grey.astype(np.float32) / 255), 'float RGB TIFF': tiff(rgb.astype(np.float32) / 255, photometric='rgb'),
           '32-bit TIFF': tiff(grey.astype(np.uint32)), 'signed TIFF': tiff(grey.astype(np.int16)), 'signed 8-bit TIFF': tiff(grey.astype(np.int8)),
           '64-bit float TIFF': tiff(grey.astype(np.float64)),
           '12 of 16 bits, PNG': png16(0, deep[..., 0] >> 4), '12 of 16 bits, TIFF': tiff(deep >> 4, photometric='rgb'),
           '16-bit CMYK TIFF': tiff(ink.astype(np.uint16) * 257, photometric='separated'),
           'Lab TIFF': tiff(rgb, photometric='cielab'), 'five channels': tiff(np.dstack([rgb, grey, grey]), photometric='minisblack', planarconfig='contig')}

pixels = lambda file: np.array(ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert('RGB'))
encode = lambda data: base64.b64encode(data).decode()
kinds = [{'kind': kind, 'file': encode(file), 'rgb': encode(pixels(file).tobytes())} for kind, file in files.items()]
kinds += [{'kind': kind, 'file': encode(file), 'rgb': encode(np.repeat((deep[..., :1] >> 8).astype(np.uint8), 3, -1).tobytes())} for kind, file in own.items()]
kinds += [{'kind': kind, 'file': encode(file), 'rgb': None} for kind, file in refused.items()]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pillow.json')
with open(path, 'w') as out:
    out.write('[\n' + ',\n'.join(json.dumps(k) for k in kinds) + '\n]\n')
