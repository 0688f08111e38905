"""Moves one file with paramiko as it comes, asked like ours (Benchmarks/StorageBench).

put LOCAL PATH   to the server
get PATH LOCAL   from it

The server is $STORAGE_URL, the key $STORAGE_SSH_KEY, and the hosts to trust are in $STORAGE_KNOWN_HOSTS.
"""

import os
import sys
import urllib.parse

import paramiko


def main():
    address = urllib.parse.urlsplit(os.environ["STORAGE_URL"])
    with paramiko.SSHClient() as client:
        client.load_host_keys(os.environ["STORAGE_KNOWN_HOSTS"])
        client.connect(
            address.hostname, address.port, address.username, key_filename=os.environ["STORAGE_SSH_KEY"],
            allow_agent=False, look_for_keys=False)
        with client.open_sftp() as sftp:
            match sys.argv[1:]:
                case ["put", local, path]:
                    sftp.put(local, f"{address.path}/{path}")
                case ["get", path, local]:
                    sftp.get(f"{address.path}/{path}", local)
                case _:
                    sys.exit(__doc__)


if __name__ == "__main__":
    main()
