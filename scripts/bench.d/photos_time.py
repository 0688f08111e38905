"""Runs a program, and writes what it cost, its children included: seconds, CPU seconds, and the most memory that one of
them had, in MiB.

usage: photos_time.py COST PROGRAM ARGUMENT…
"""

import os
import sys
import time


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    cost, command = sys.argv[1], sys.argv[2:]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    with open(cost, "w") as file:
        print(f"{seconds:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss / 1024:.1f}", file=file)
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
