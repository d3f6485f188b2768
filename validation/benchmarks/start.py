"""``./vultus benchmark start``: from a fresh checkout to the sign-in page, and again offline.

Rules kept here:

1. The checkout is fresh: nothing installed, built or told is in it; only the package caches of
   this machine may help, which is said.
2. The second start has no network at all where the machine permits to take it away; where it does
   not, that is said too.
3. What counts is the time until the address to sign in at is printed by a service that answers.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).parent.parent.parent
READY: Final = "Sign in at"
GOALS_S: Final = {"first": 180, "second": 20}

_OFFLINE: Final = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_socket:  # this machine itself stays reachable, and nothing else is
    up = struct.pack("16sh", b"lo", 1)  # IFF_UP
    fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start.

    Attributes:
        name: ``first`` or ``second``.
        seconds: Until the address was printed; none when it never was.
        network: Whether it had one.
        said: The last lines it printed, where it never came so far.
    """

    name: str
    seconds: float | None
    network: bool
    said: str = ""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--limit", type=int, default=900, metavar="S", help="give a start up after")
    parser.add_argument("--json", type=Path, default=None, metavar="FILE", help="write the figures")


def run(options: argparse.Namespace) -> int:
    """Start twice and print how long it took."""
    with tempfile.TemporaryDirectory(prefix="vultus-start-") as folder:
        fresh = Path(folder) / "vultus"
        git = shutil.which("git") or "git"
        subprocess.run([git, "clone", "--quiet", str(ROOT), str(fresh)], check=True)
        starts = [_start("first", fresh, options.limit, network=True)]
        if starts[0].seconds is not None:
            network = not can_cut_network()
            starts.append(_start("second", fresh, options.limit, network=network))
    Console().print(_table(starts))
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(each) for each in starts], indent=1))
    failed = [each for each in starts if each.seconds is None]
    for each in failed:
        sys.stderr.write(f"the {each.name} start never came to the sign-in page:\n{each.said}\n")
    return 1 if failed else 0


def can_cut_network() -> bool:
    """Return whether this machine lets a process take its own network away."""
    if shutil.which("unshare") is None:
        return False
    command = without_network([sys.executable, "-c", ""])
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def without_network(command: Sequence[str]) -> list[str]:
    """Return what runs a command with nothing but this machine itself to talk to."""
    return ["unshare", "-rn", sys.executable, "-c", _OFFLINE, *command]


def _start(name: str, checkout: Path, limit_s: float, *, network: bool) -> Start:
    command = [str(checkout / "vultus"), "demo", "--once", "--port", "0"]
    began = time.monotonic()
    seconds = None
    said: list[str] = []
    with subprocess.Popen(
        command if network else without_network(command),
        cwd=checkout,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as started:
        for line in started.stderr or ():
            said.append(line)
            if READY in line:
                seconds = time.monotonic() - began
            if time.monotonic() - began > limit_s:
                os.killpg(started.pid, signal.SIGKILL)
        code = started.wait()
    if code != 0:
        seconds = None
    return Start(
        name=name,
        seconds=seconds,
        network=network,
        said="" if seconds is not None else "".join(said[-20:]),
    )


def _table(starts: Sequence[Start]) -> Table:
    table = Table(title="To the sign-in page", box=None, padding=(0, 2, 0, 0))
    for column in ("start", "network", "seconds", "goal"):
        table.add_column(column, justify="left" if column in ("start", "network") else "right")
    for each in starts:
        table.add_row(
            each.name,
            "as it is" if each.network else "none",
            "never" if each.seconds is None else f"{each.seconds:.1f}",
            f"≤ {GOALS_S[each.name]}",
        )
    return table
