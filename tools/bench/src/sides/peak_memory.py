"""The largest resident memory of this process, MB: what peak-memory.ts says of ours."""
import re
import resource
import sys


def peak_mb():
    if sys.platform != 'linux':
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 / 1024
    with open('/proc/self/status') as status:
        return int(re.search(r'^VmHWM:\s*(\d+) kB$', status.read(), re.M)[1]) / 1024
