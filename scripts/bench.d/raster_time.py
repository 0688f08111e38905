"""Runs a command and writes what it took: seconds, seconds of CPU, and MiB that it and all it started held at most.

usage: raster_time.py OUT COMMAND...
"""
import os
import resource
import subprocess
import sys
import threading
import time

PAGE = os.sysconf('SC_PAGE_SIZE')


def resident(process):
    """Bytes of a process and of its descendants; of one that has just ended, none."""
    try:
        with open(f'/proc/{process}/statm', encoding='ascii') as file:
            held = int(file.read().split()[1]) * PAGE
        with open(f'/proc/{process}/task/{process}/children', encoding='ascii') as file:
            return held + sum(resident(child) for child in file.read().split())
    except (OSError, IndexError):
        return 0


def watch(process, ended, peak):
    while not ended.wait(0.02):
        peak[0] = max(peak[0], resident(process))


def main(out, command):
    peak, ended = [0], threading.Event()
    start = time.monotonic()
    child = subprocess.Popen(command)
    watcher = threading.Thread(target=watch, args=(child.pid, ended, peak))
    watcher.start()
    code = child.wait()
    seconds = time.monotonic() - start
    ended.set()
    watcher.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The kernel knows the largest single process to the page; who ran beside it is only seen by looking.
    largest = max(peak[0], used.ru_maxrss * 1024)
    with open(out, 'w', encoding='ascii') as file:
        file.write(f'{seconds:.3f} {used.ru_utime + used.ru_stime:.3f} {largest / 2**20:.0f}\n')
    return code


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))
