"""Real S3-compatible servers for tests: two programs of different makers, on loopback.

Rules kept here:

1. ``rclone serve s3`` checks signatures and knows no conditional writes; ``moto_server`` honours
   them and checks no signatures. What works with both leans on neither.
2. One of each serves a test process. Tests keep apart by prefixes.
3. A server can be killed and started again over what it has on disk.
"""

import configparser
import itertools
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from adapters.blobs.location import Bucket

BUCKET = "clinic-pictures"
KEY_ID, SECRET = "test-key-id", "test-secret-of-no-value"
START_S = 30.0

_numbers = itertools.count()


@dataclass(slots=True, kw_only=True)
class StorageServer:
    """A running server with one bucket.

    Attributes:
        command: What starts it.
        bucket: The bucket, without a prefix.
        folder: Where it writes, as far as it writes to disk.
    """

    command: Sequence[str]
    bucket: Bucket
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.bucket.endpoint.rpartition(":")[2])

    def fresh(self) -> Bucket:
        """Return a place in the bucket that no other test uses."""
        return replace(self.bucket, prefix=f"test/{next(_numbers)}")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(self.command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError((self.folder / "server.log").read_text("utf-8", "replace"))

    def kill(self) -> None:
        """Kill the server, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def credentials_file(folder: Path, *, secret: str = SECRET) -> Path:
    """Write credentials to a file of their owner's alone and return it."""
    parser = configparser.ConfigParser(interpolation=None)
    parser["default"] = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": secret}
    path = folder / "storage-credentials"
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return path


def rclone_in(folder: Path, *, certificate: tuple[Path, Path] | None = None) -> StorageServer:
    """Return a server, not yet started, that keeps its objects as files in a folder.

    Args:
        folder: Its folder.
        certificate: Files of its certificate for ``localhost`` and of the private key; none serves
            in clear.
    """
    port = _free_port()
    scheme = "http" if certificate is None else "https"
    tls = () if certificate is None else ("--cert", certificate[0], "--key", certificate[1])
    objects = folder / "objects"
    (objects / BUCKET).mkdir(parents=True)
    return StorageServer(
        command=(
            *(_program("rclone"), "serve", "s3", "--config", str(folder / "rclone.conf")),
            *("--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY_ID},{SECRET}"),
            *("--dir-cache-time", "1s", *map(str, tls), str(objects)),
        ),
        bucket=_bucket(port, folder, scheme=scheme),
        folder=folder,
    )


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServer]:
    """Serve with rclone: checks signatures, writes over what exists."""
    server = rclone_in(tmp_path_factory.mktemp("rclone"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServer]:
    """Serve with moto: honours conditional writes, lets everybody in."""
    port = _free_port()
    folder = tmp_path_factory.mktemp("moto")
    server = StorageServer(
        command=(_program("moto_server"), "-H", "127.0.0.1", "-p", str(port)),
        bucket=_bucket(port, folder),
        folder=folder,
    )
    server.start()
    httpx.put(f"{server.bucket.endpoint}/{BUCKET}").raise_for_status()
    yield server
    server.kill()


def _bucket(port: int, folder: Path, *, scheme: str = "http") -> Bucket:
    return Bucket(
        name=BUCKET,
        endpoint=f"{scheme}://{'127.0.0.1' if scheme == 'http' else 'localhost'}:{port}",
        credentials=credentials_file(folder),
    )


def _program(name: str) -> str:
    """Return a program of this environment, or else of the machine."""
    here = Path(sys.executable).parent / name
    found = str(here) if here.exists() else shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed; run ./vultus test")
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
