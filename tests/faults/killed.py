"""Acts that are killed at every step, each attempt in a folder of its own.

Each function prepares what its act needs and returns the act.

Run as ``python -m tests.faults.killed ACT FOLDER``: a process with one thread, so that it may
fork. Prints how often the act was killed.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.keys.master_key import create_master_key_file
from adapters.memory import MemoryKeyRing, SeededRandomness
from domain.values.content import Digest
from tests.adapters.keys.rings import open_ring, subject_key
from tests.faults.failing_disk import killed_at_every_step

KEY: Final = subject_key("killed")
CONTENT: Final = SeededRandomness("killed").token(CHUNK_SIZE + 99)


def blob_keys() -> MemoryKeyRing:
    """Return the same keys in every process."""
    keys = MemoryKeyRing(SeededRandomness("keys of the killed"))
    keys.create(KEY)
    return keys


def _put(folder: Path, expected: Digest | None) -> FilesystemBlobStore:
    store = FilesystemBlobStore(folder, blob_keys())
    store.put([CONTENT], key=KEY, expected=expected, limit_bytes=len(CONTENT))
    return store


def put_announced(folder: Path) -> Callable[[], object]:
    """Store content of known digest in a new store."""
    return lambda: _put(folder, Digest.of(CONTENT))


def put_unannounced(folder: Path) -> Callable[[], object]:
    """Store content of unknown digest in a new store."""
    return lambda: _put(folder, None)


def purge(folder: Path) -> Callable[[], object]:
    """Purge content that is there."""
    store = _put(folder, None)
    name = store.find(Digest.of(CONTENT), key=KEY).name
    return lambda: store.purge([name])


def make_master_key(folder: Path) -> Callable[[], object]:
    """Make a master key."""
    return lambda: create_master_key_file(folder / "master.key")


def create_key(folder: Path) -> Callable[[], object]:
    """Make a key ring and a key."""
    return lambda: open_ring(folder).create(KEY)


def destroy_key(folder: Path) -> Callable[[], object]:
    """Destroy a key that is in use."""
    ring = open_ring(folder)
    ring.create(KEY)
    (folder / "derived").write_bytes(ring.derive(KEY, b""))
    return lambda: ring.destroy(KEY)


ACTS: Final[dict[str, Callable[[Path], Callable[[], object]]]] = {
    act.__name__: act
    for act in (put_announced, put_unannounced, purge, make_master_key, create_key, destroy_key)
}


def main() -> None:
    """Kill one act at every step."""
    prepare, folder = ACTS[sys.argv[1]], Path(sys.argv[2])
    times = killed_at_every_step(lambda attempt: prepare(folder / str(attempt)))
    print(times)  # noqa: T201 - read by the test


if __name__ == "__main__":
    main()
