"""A picture of digits that a person reads."""

from __future__ import annotations

import secrets
import struct
import zlib

LENGTH = 5
SCALE = 8  # pixels a dot

# Five rows for each digit from 0 on; the bits of each are its three dots.
_GLYPHS = "75557262277174771717557117471774757711117575775717"


def new_digits() -> str:
    """Digits that nobody can guess."""
    return "".join(secrets.choice("0123456789") for _ in range(LENGTH))


def picture(digits: str) -> bytes:
    """The digits as a PNG, dark on light, over a line of specks."""
    rows = ["0" * (4 * len(digits) + 1)]
    for line in range(5):
        dots = (f"{int(_GLYPHS[5 * int(digit) + line]):03b}" for digit in digits)
        rows.append("0" + "0".join(dots) + "0")
    rows.append(rows[0])
    rows.append("01" * (2 * len(digits)) + "0")
    pixels = b"".join(
        (b"\0" + b"".join((b"\xf0", b"\x30")[int(dot)] * SCALE for dot in row)) * SCALE
        for row in rows
    )
    head = struct.pack(">IIBBBBB", len(rows[0]) * SCALE, len(rows) * SCALE, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
