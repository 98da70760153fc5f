"""torch.distributed's side of scale, by gloo: processes of a core each sum tensors. Argument: {ranks, counts, calls} as JSON. Prints Measured."""
import json
import os
import sys
import tempfile
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as multiprocessing
from peak_memory import peak_mb


def work(rank, a, store):
    if hasattr(os, 'sched_setaffinity'):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[rank]})
    torch.set_num_threads(1)
    dist.init_process_group('gloo', init_method=f'file://{store}', rank=rank, world_size=a['ranks'])
    reduced = []
    for count in a['counts']:
        values = torch.full((count,), 1 / 3)
        seconds = []
        for i in range(a['calls'] + 3):
            dist.barrier()
            started = time.perf_counter()
            dist.all_reduce(values)
            if i >= 3:
                seconds.append(time.perf_counter() - started)
        reduced.append(seconds)
    dist.barrier()
    if rank == 0:
        print(json.dumps({'seconds': reduced[-1], 'rssMB': peak_mb(), 'reduce': reduced}), flush=True)
    dist.destroy_process_group()


if __name__ == '__main__':
    a = json.loads(sys.argv[1])
    os.environ.setdefault('GLOO_SOCKET_IFNAME', 'lo')
    with tempfile.TemporaryDirectory() as folder:
        multiprocessing.spawn(work, (a, os.path.join(folder, 'store')), nprocs=a['ranks'])
