"""Random damage to the bytes of a file, and limits, for tests of what reads it."""

import resource
from contextlib import contextmanager
from pathlib import Path

EDGES = (0, 1, 127, 128, 255)
ALLOWANCE = 200 * 2**20  # bytes, beyond what the process has


@contextmanager
def limited_memory():
    """Let the process take as much more memory as is allowed; what takes more fails."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ALLOWANCE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def damage_bytes(chance, data):
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        if not data:
            break
        start = chance.randrange(len(data))
        length = chance.choice((1, 1, 2, 4, 8, 64, 500))
        piece = bytes(data[start : start + length])
        elsewhere = chance.randrange(len(data))
        match chance.randrange(6):
            case 0:
                data[start] = chance.choice((*EDGES, chance.randrange(256)))
            case 1:
                data[start] ^= 1 << chance.randrange(8)
            case 2:
                del data[start : start + length]
            case 3:
                data[elsewhere:elsewhere] = piece
            case 4:
                data[elsewhere : elsewhere + len(piece)] = piece
            case 5:
                data[start : start + length] = bytes(len(piece))
    return bytes(data)
