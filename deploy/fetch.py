"""Fetch a file whose checksum is known, while an image is built: fetch.py URL PLACE ARCH:SHA1..."""

import hashlib
import sys
import urllib.request
from pathlib import Path

url, place, *known = sys.argv[1:]
sums = dict(one.split(":", 1) for one in known)
wanted = next((sums[arch] for arch in sums if url.endswith(arch)), None)
if wanted is None:
    sys.exit(f"no checksum is known of {url}")
with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (the Dockerfile names it)
    content = answer.read()
found = hashlib.sha1(content, usedforsecurity=False).hexdigest()
if found != wanted:
    sys.exit(f"{url} has the checksum {found}, not {wanted}")
Path(place).write_bytes(content)
Path(place).chmod(0o755)
