"""pyarrow's side of reads: batches of rows taken of our shards, mapped into memory. Argument: OurReads as JSON. Prints Measured."""
import glob
import json
import os
import sys
import time

import numpy
import pyarrow

from peak_memory import peak_mb

given = json.loads(sys.argv[1])
batch, batches = given['batch'], given['batches']
shards = sorted(glob.glob(os.path.join(given['shards'], '*.arrow')))
table = pyarrow.concat_tables(pyarrow.ipc.open_stream(pyarrow.memory_map(shard)).read_all() for shard in shards)
# Taking of single batches is faster than of the whole column, which pyarrow puts together first.
chunks = [chunk.field('bytes') for chunk in table.column('image').chunks]
ends = numpy.cumsum([len(chunk) for chunk in chunks])
order = numpy.random.default_rng(7).permutation(table.num_rows)
seconds = []
total = 0
for step in range(given['passes'] + 1):
    started = time.perf_counter()
    for start in range(0, batches * batch, batch):
        rows = order[start:start + batch]
        where = numpy.searchsorted(ends, rows, side='right')
        images = []
        for row, chunk in zip(rows.tolist(), where.tolist()):
            array = chunks[chunk]
            images.append(array[row - int(ends[chunk]) + len(array)].as_py())
        total += sum(len(image) for image in images)
    if step > 0:
        seconds.append((time.perf_counter() - started) / (batches * batch))
assert total > 0
print(json.dumps({'seconds': seconds, 'rssMB': peak_mb()}))
