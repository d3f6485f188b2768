"""How fast content is stored and read in object storage, beside a folder on this disk.

Rules kept here:

1. Both sides take the same content through the same port, in the same run, one after the other.
2. Every byte that is read is authenticated and compared; a fast wrong answer ends the measurement.
3. Without a bucket it measures a server of its own on loopback: then what is measured is the way
   through HTTP and signatures, not a network.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from adapters.blobs.bucket import open_blobs
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.location import Bucket
from adapters.blobs.sealed_stream import CHUNK_SIZE
from adapters.memory import MemoryKeyRing
from adapters.system import SystemRandomness
from api.settings import from_environment
from domain.errors import IntegrityFailure, Unavailable
from domain.ports import BlobStore
from domain.values.content import Digest

KEY = "subject:00000000-0000-4000-8000-000000000000"
BUCKET = "benchmark"
CREDENTIALS = ("benchmark-key-id", "benchmark-secret-of-no-value")
START_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How fast one place was.

    Attributes:
        put_mb_s: Content stored, unannounced; MiB/s.
        read_mb_s: Content read and authenticated; MiB/s.
        found_per_s: Small contents looked up and checked, per second.
    """

    put_mb_s: float
    read_mb_s: float
    found_per_s: float


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--pictures", type=int, default=12, help="number of contents")
    parser.add_argument("--size-mb", type=int, default=6, help="size of each; MiB")


def run(options: argparse.Namespace) -> int:
    """Measure a folder, and the bucket of VULTUS_BLOBS or one on loopback."""
    pictures = [SystemRandomness().token(options.size_mb << 20) for _ in range(options.pictures)]
    place = from_environment().blobs
    with ExitStack() as held:
        scratch = Path(held.enter_context(TemporaryDirectory(prefix="vultus-blobs-")))
        bucket = place if isinstance(place, Bucket) else held.enter_context(_on_loopback(scratch))
        keys = MemoryKeyRing(SystemRandomness())
        keys.create(KEY)
        folder = _measured(FilesystemBlobStore(scratch / "folder", keys), pictures)
        storage = _measured(open_blobs(bucket, keys, staging=scratch), pictures)
    _show(folder, storage, str(bucket if bucket is place else "rclone on loopback"))
    return 0


def _measured(store: BlobStore, pictures: list[bytes]) -> Measured:
    mb = sum(map(len, pictures)) / 2**20
    names: list[bytes] = []

    def put() -> None:
        for content in pictures:
            pieces = (content[at : at + CHUNK_SIZE] for at in range(0, len(content), CHUNK_SIZE))
            blob = store.put(pieces, key=KEY, expected=None, limit_bytes=len(content))
            names.append(blob.name)

    def read() -> None:
        for content in pictures:
            if b"".join(store.read(Digest.of(content), key=KEY)) != content:
                raise IntegrityFailure("what was read is not what was stored")

    small = [content[:1000] for content in pictures]
    names += [
        store.put([content], key=KEY, expected=None, limit_bytes=len(content)).name
        for content in small
    ]

    def find() -> None:
        for content in small:
            store.find(Digest.of(content), key=KEY)

    try:
        return Measured(
            put_mb_s=mb / _seconds(put),
            read_mb_s=mb / _seconds(read),
            found_per_s=len(small) / _seconds(find),
        )
    finally:
        store.purge(names)


def _seconds(act: Callable[[], None]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _show(folder: Measured, storage: Measured, name: str) -> None:
    table = Table("", "folder", name, "ratio")
    for what, here, there in (
        ("stored, MiB/s", folder.put_mb_s, storage.put_mb_s),
        ("read, MiB/s", folder.read_mb_s, storage.read_mb_s),
        ("small contents found, 1/s", folder.found_per_s, storage.found_per_s),
    ):
        table.add_row(what, f"{here:.0f}", f"{there:.0f}", f"{there / here:.2f}")
    Console().print(table)


@contextmanager
def _on_loopback(scratch: Path) -> Iterator[Bucket]:
    """Run an S3-compatible server over a folder and yield a bucket in it."""
    beside = Path(sys.executable).parent / "rclone"
    program = str(beside) if beside.exists() else shutil.which("rclone")
    if program is None:
        raise Unavailable("there is no bucket in VULTUS_BLOBS, and no rclone to serve one")
    (scratch / "objects" / BUCKET).mkdir(parents=True)
    credentials = scratch / "credentials"
    credentials.touch(mode=0o600)
    key, secret = CREDENTIALS
    credentials.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        *(program, "serve", "s3", "--config", str(scratch / "rclone.conf"), "--log-level", "ERROR"),
        *("--addr", f"127.0.0.1:{port}", "--auth-key", f"{key},{secret}"),
        str(scratch / "objects"),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(server, port)
            yield Bucket(name=BUCKET, endpoint=f"http://127.0.0.1:{port}", credentials=credentials)
        finally:
            server.kill()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise Unavailable("the storage server did not start")
