"""Hugging Face datasets' side of ingest: an archive, saved to disk. Argument: {archive, how}. Prints Measured.

`imagefolder` unpacks it and loads the folder, as its documentation has it; `generator` reads it as a stream: nothing is faster;
`generator that decodes` looks whether each image can be decoded besides.
"""
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

from peak_memory import peak_mb

os.environ['HF_HUB_OFFLINE'] = '1'
given = json.loads(sys.argv[1])


def of_tar(archive, decodes):
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile():
                label = member.name.split('/')[-2]
                content = tar.extractfile(member).read()
                if decodes:
                    PIL.Image.open(io.BytesIO(content)).load()
                yield {'image': {'bytes': content, 'path': member.name}, 'label': label}


with tempfile.TemporaryDirectory(prefix='bench-datasets-') as folder:
    os.environ['HF_HOME'] = folder
    import PIL.Image
    from datasets import Dataset, Features, Image, Value, disable_progress_bars, load_dataset

    disable_progress_bars()
    started = time.perf_counter()
    if given['how'].startswith('generator'):
        features = Features({'image': Image(), 'label': Value('string')})
        arguments = {'archive': given['archive'], 'decodes': given['how'] == 'generator that decodes'}
        images = Dataset.from_generator(of_tar, features=features, gen_kwargs=arguments, cache_dir=folder)
        images = images.class_encode_column('label')
    else:
        unpacked = os.path.join(folder, 'unpacked')
        os.mkdir(unpacked)
        subprocess.run(['tar', 'xf', given['archive'], '-C', unpacked], check=True)
        images = load_dataset('imagefolder', data_dir=unpacked, split='all', cache_dir=folder)
    images.save_to_disk(os.path.join(folder, 'saved'))
    seconds = time.perf_counter() - started
    rows = len(images)
print(json.dumps({'seconds': [seconds], 'rssMB': peak_mb(), 'rows': rows}))
