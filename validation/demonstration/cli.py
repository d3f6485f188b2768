"""``./vultus demo``: tell the story, verify its evidence, and serve what came of it.

Rules kept here:

1. Told once; a later start only serves. Interrupted, it is continued where it was.
2. Its record lies in a folder of its own and is marked as demo on every screen and page.
3. Evidence that the verifier does not accept is a failure: nothing counts as told, nothing is
   served, and the next start tells and proves it again.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from adapters.logging import set_up
from adapters.system import SystemClock
from api.serving import Service, serving
from api.settings import Settings, from_environment
from api.ui_build import ensure_ui
from domain.errors import ProofInvalid, RecordsError
from domain.ledger.checkpoint import encode_verifier_key
from validation.demonstration import people
from validation.demonstration.clock import StoryClock
from validation.demonstration.people import Refusal, Secrets
from validation.demonstration.story import BEGINS, Story

ROOT = Path(__file__).parent.parent.parent
SHOWN = (people.PRACTITIONER, people.OPERATOR, people.QUALITY, people.AUDITOR, people.PRIVACY)
STEP_S = 30
_console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration and return its exit code."""
    parser = argparse.ArgumentParser(prog="vultus demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "demo", help="its folder")
    parser.add_argument("--port", type=int, default=None, help="port to listen on, 0 for any")
    parser.add_argument("--once", action="store_true", help="stop when everything is ready")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(options.data.absolute(), options.port, once=options.once)
    except KeyboardInterrupt:
        _say("stopped; start it again to go on")
        return 0
    except (RecordsError, Refusal) as error:
        _console.print(f"[bold red]{error}[/]")
        return 1


def _run(folder: Path, port: int | None, *, once: bool) -> int:
    settings = _settings(folder, port)
    told = folder / "told"
    secrets = Secrets(folder / "people.json")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "service.log").open("a") as log, ThreadPoolExecutor(max_workers=1) as pool:
        set_up(stream=log)
        # The interface is built while the story is told; nobody looks before it is over.
        building = pool.submit(ensure_ui, ROOT, _say)
        if not told.exists():
            clock = StoryClock(SystemClock(), behind=BEGINS, kept=folder / "behind")
            with serving(settings, static=None, say=_say, clock=clock) as service:
                _tell(service, clock, folder, secrets)
            told.write_text("The story was told; later starts only serve it.\n")
        with serving(settings, static=building.result(), say=_say) as service:
            _show(service, secrets, folder)
            if not once:
                _keep_showing_codes(secrets)
    return 0


def _tell(service: Service, clock: StoryClock, folder: Path, secrets: Secrets) -> None:
    began = time.monotonic()

    def say(text: str) -> None:
        _console.print(f"[dim]{time.monotonic() - began:5.0f} s[/]  {text}")

    story = Story(service, clock=clock, folder=folder, secrets=secrets, say=say)
    report = story.tell()
    say("the evidence behind the last report, verified offline")
    key = encode_verifier_key(service.system.checkpointer.key)
    _prove(folder, evidence=story.bundle(report), key=key)


def _prove(folder: Path, *, evidence: bytes, key: str) -> None:
    """Leave the evidence in the folder, with what the verifier finds in it.

    Raises:
        ProofInvalid: the verifier does not accept it.
    """
    place, key_file = folder / "evidence.zip", folder / "log-key.txt"
    place.write_bytes(evidence)
    key_file.write_text(key + "\n")
    command = [sys.executable, "-m", "validation.audit.cli", str(place), "--log-key", str(key_file)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    (folder / "evidence-verified.txt").write_text(found.stdout)
    _console.print(found.stdout.strip())
    if found.returncode != 0:
        raise ProofInvalid(
            f"the verifier did not accept the evidence (exit {found.returncode}; "
            f"see {folder / 'evidence-verified.txt'})"
        )


def _settings(folder: Path, port: int | None) -> Settings:
    given = {**os.environ, "VULTUS_DATA": str(folder / "record")}
    for name in ("VULTUS_DATABASE", "VULTUS_CHECKPOINT_COPIES"):
        given.pop(name, None)
    if port is not None:
        given["VULTUS_PORT"] = str(port)
    given["VULTUS_CHECKPOINT_COPIES"] = str(folder / "record" / "checkpoint-copies")
    return replace(from_environment(given), checkpoint_seconds=2.0)


def _show(service: Service, secrets: Secrets, folder: Path) -> None:
    table = Table(box=None, padding=(0, 3, 0, 0))
    for column in ("account", "password", "who"):
        table.add_column(column)
    for account in SHOWN:
        secret = secrets.of(account)
        if secret is not None:
            table.add_row(account, secret.password, people.ROLES[account][0])
    _console.print(Panel(table, title=f"Sign in at {service.address}", expand=False))
    _console.print(f"Evidence: {folder / 'evidence.zip'}  (vultus-verify accepts it offline)")
    _console.print("Three things to try:")
    _console.print("  1. as practitioner: review the imported photograph, and see what is withheld")
    _console.print("  2. open a report and its trace: every node back to the raw frames")
    _console.print("  3. as auditor: the audit trail, and verify the whole record now")


def _keep_showing_codes(secrets: Secrets) -> None:
    """Show the running one-time codes until interrupted."""
    last = -1
    while True:
        now = time.time()
        if int(now) // STEP_S != last:
            last = int(now) // STEP_S
            codes = "   ".join(
                f"{account} [bold]{secret.code(now)}[/]"
                for account in SHOWN
                if (secret := secrets.of(account)) is not None
            )
            _console.print(f"one-time codes now: {codes}")
        threading.Event().wait(1.0)


def _say(text: str) -> None:
    _console.print(f"[dim]{text}[/]")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
