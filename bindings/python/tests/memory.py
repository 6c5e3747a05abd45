"""Looks through the memory of another process."""

import os
from typing import List

#: So many bytes in a row are taken for a copy.
PIECE = 16

#: So many of them are looked for, from all over the secret.
PIECES = 16


def find(pid: int, secret: bytes) -> List[str]:
    """The mappings of a process in which the secret, or a piece of it, is."""
    last = len(secret) - PIECE
    pieces = [secret[start : start + PIECE] for start in range(0, last + 1, max(last // PIECES, 1))]
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for mapping in maps:
            if " rw" not in mapping:
                continue
            first, end = (int(number, 16) for number in mapping.split()[0].split("-"))
            content = bytearray()
            while part := os.pread(memory.fileno(), end - first - len(content), first + len(content)):
                content += part
            if any(piece in content for piece in pieces):
                found.append(mapping.strip())
    return found
