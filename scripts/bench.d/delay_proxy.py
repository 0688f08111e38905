"""A line to a far host: passes TCP connections on to a port of this host, and all bytes later than they came.

DELAY PORT   milliseconds, each way; prints the port on which it listens, and runs until it is killed

What arrives is read at once and written when it is due, so that it takes longer but no less fits through.
"""

import collections
import contextlib
import socket
import sys
import threading
import time

CHUNK = 1 << 18
# Bytes on their way, of one direction of a connection. At 25 ms a line of 2.5 GB/s would fill it.
LIMIT = 64 << 20


class Direction:
    """The bytes from one end of a connection to the other."""

    def __init__(self, source, target, delay):
        self.source, self.target, self.delay = source, target, delay
        self.waiting = collections.deque()
        self.size = 0
        self.broken = False
        self.changed = threading.Condition()

    def read(self):
        chunk = b"-"
        while chunk and not self.broken:
            try:
                chunk = self.source.recv(CHUNK)
            except OSError:
                chunk = b""
            due = time.monotonic() + self.delay
            with self.changed:
                self.changed.wait_for(lambda: self.broken or self.size < LIMIT)
                self.waiting.append((due, chunk))
                self.size += len(chunk)
                self.changed.notify()

    def write(self):
        with contextlib.suppress(OSError):
            while chunk := self.next():
                self.target.sendall(chunk)
            self.target.shutdown(socket.SHUT_WR)
            return
        # Whoever still sends learns that nobody hears it.
        with self.changed:
            self.broken = True
            self.changed.notify()
        with contextlib.suppress(OSError):
            self.source.shutdown(socket.SHUT_RDWR)

    def next(self):
        """The next bytes, when they are due; none at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting)
            due, chunk = self.waiting.popleft()
            self.size -= len(chunk)
            self.changed.notify()
        time.sleep(max(0, due - time.monotonic()))
        return chunk


def connect(near, port, delay):
    with near:
        # A connection takes a round trip, too.
        time.sleep(2 * delay)
        with socket.create_connection(("127.0.0.1", port)) as far:
            for end in near, far:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            directions = Direction(near, far, delay), Direction(far, near, delay)
            threads = [start(work) for way in directions for work in (way.read, way.write)]
            for thread in threads:
                thread.join()


def start(work, *arguments):
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


def main():
    match sys.argv[1:]:
        case [delay, port]:
            with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
                print(server.getsockname()[1], flush=True)
                while True:
                    start(connect, server.accept()[0], int(port), float(delay) / 1000)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
