"""Prints a bearer token (JWT, HS256) as the sign-in service gives them out, valid for a day.

usage: JWT_SECRET=… bearer_token.py USER_ID
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {
        "sub": sys.argv[1], "aud": "authenticated", "role": "authenticated", "exp": int(time.time()) + 24 * 3600}
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(os.environ["JWT_SECRET"].encode(), signed, hashlib.sha256)
    print((signed + b"." + encoded(signature)).decode())


if __name__ == "__main__":
    main()
