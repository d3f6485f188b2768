"""How often a disk makes something durable: the limit of whoever waits for it."""

import os
import time
from pathlib import Path

BLOCK = 4096


def flushes_per_s(folder: Path, *, seconds: float) -> float:
    """Return how many blocks one after the other become durable in a file of a folder.

    Each block is appended and flushed with fdatasync, as a database's write-ahead log is.
    """
    path = folder / "flushed"
    block = bytes(BLOCK)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    descriptor = os.open(path, flags, 0o600)
    flush = getattr(os, "fdatasync", os.fsync)
    try:
        count, began = 0, time.perf_counter()
        while not count or (passed := time.perf_counter() - began) < seconds:
            os.write(descriptor, block)
            flush(descriptor)
            count += 1
        return count / passed
    finally:
        os.close(descriptor)
        path.unlink()
