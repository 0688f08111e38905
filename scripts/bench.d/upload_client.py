"""Clients that send the chunks of an upload each, over one connection each and all at once, as fast as the kernel can: the
file's bytes go from the page cache to the socket by sendfile, so that what is measured is the server. Prints a line for
each answer, its status, and at last the time from the start of all to the end of the last, in microseconds.

usage: upload_client.py form|file-first|put PORT NAME CLIENTS CHUNKS FILE [TOKEN]
"""

import os
import socket
import sys
import time

mode, port, name, clients, chunks, path = sys.argv[1:7]
token = sys.argv[7] if len(sys.argv) > 7 else ""
boundary = "----boundary-of-an-upload-client-0123456789"
size = os.path.getsize(path)


def fields(upload, chunk):
    # The chunk after those that are sent never comes, so that no upload is finished.
    values = {
        "chunk_index": chunk, "chunks_total": int(chunks) + 1, "upload_id": upload, "license": "CC BY",
        "platform": "drone", "authors": "Bench",
    }  # fmt: skip
    return "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in values.items()
    )


def body(upload, chunk):
    """What comes before the file's bytes and after them."""
    if mode == "put":
        return "", ""
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="bench.tif"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    end = f"--{boundary}--\r\n"
    if mode == "form":
        return fields(upload, chunk) + head, "\r\n" + end
    return head, "\r\n" + fields(upload, chunk) + end


def request(upload, chunk, length):
    line = f"PUT /{upload}-{chunk}" if mode == "put" else "POST /datasets/chunk"
    lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {length}"]
    if mode != "put":
        lines += [f"Content-Type: multipart/form-data; boundary={boundary}", f"Authorization: Bearer {token}"]
    return "\r\n".join(lines + ["", ""])


def answer(connection):
    """The status of the next answer, read to its end."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or sys.exit("the server hung up")
    head, rest = received.split(b"\r\n\r\n", 1)
    names = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    missing = int(names.get(b"content-length", b"0")) - len(rest)
    while missing > 0:
        missing -= len(connection.recv(65536)) or sys.exit("the server hung up")
    return int(head.split()[1])


def send(upload, start):
    with socket.create_connection(("127.0.0.1", int(port))) as connection, open(path, "rb") as file:
        os.read(start, 1)
        for chunk in range(int(chunks)):
            before, after = body(upload, chunk)
            connection.sendall((request(upload, chunk, len(before) + size + len(after)) + before).encode())
            connection.sendfile(file, 0, size)
            connection.sendall(after.encode())
            os.write(1, f"{answer(connection)}\n".encode())


# All are connected, or soon are, before the pipe is closed that they wait for.
start, starter = os.pipe()
for number in range(int(clients)):
    if os.fork() == 0:
        os.close(starter)
        send(f"{name}-{number}", start)
        sys.exit(0)
time.sleep(0.5)
begin = time.monotonic()
os.close(starter)
ends = [os.wait()[1] for _ in range(int(clients))]
print("micros", round((time.monotonic() - begin) * 1e6))
sys.exit(any(ends))
