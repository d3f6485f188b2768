"""``vultus backup``: a copy of the record while it is served, and whatever came since."""

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from adapters.backup.beside import seal_beside
from adapters.backup.copying import exposure
from adapters.backup.keys import Mirrored, mirror_keys
from adapters.backup.segment import Identity
from adapters.backup.writing import BackupFolder, Source, Taken, continued_backup, new_backup
from api import version
from api.commands.opening import DAMAGED, INTACT, OPERATOR, open_record, progress_bar, say
from api.wiring import System
from domain.errors import MalformedInput, RuleViolation, Unavailable
from domain.events.clinic import BackupTaken
from domain.handling import update
from domain.rules.clinic import CLINIC
from domain.values.time import ServerTime
from projections.audit_trail import trail

RECORDED_EVERY = timedelta(hours=1)
"""How often a backup that is added to all the time is recorded; a new one always is."""

Show = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show something of so many steps; what it gives is told how many are done."""

HELP = """\
The backup holds records, checkpoints and stored contents, all encrypted as they are, and accounts
sealed under the clinic's key. It holds no keys: whoever erases a client destroys a key, and a
long-lived backup with that key in it would undo the erasure. Keys go to a folder of their own
(--keys, or `vultus backup-keys`), which destroyed keys leave with its next run. Keep the two under
different custodians, and keep copies of the keys for days, not years. A restore destroys again
whatever the record says was destroyed.

Interrupted, it goes on where it was when the same command is given again. With --continue it adds
what is new since the last time, which is cheap enough for every minute.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HELP
    parser.add_argument("out", type=Path, help="folder to make, or to add to with --continue")
    parser.add_argument(
        "--continue", dest="add", action="store_true", help="add what is new to this backup"
    )
    parser.add_argument(
        "--follow",
        type=float,
        metavar="SECONDS",
        help="with --continue: go on adding, so often, until stopped",
    )
    parser.add_argument(
        "--keys", type=Path, metavar="FOLDER", help="bring this backup of the keys up to date too"
    )


def run(options: argparse.Namespace) -> int:
    """Back up; 0 when everything was copied, 1 when something at the source is missing."""
    out: Path = options.out.absolute()
    _check(options, out)
    with open_record() as system:
        source = source_of(system)
        opening = continued_backup if options.add else new_backup
        with opening(out, source) as folder:
            turn = _Turn(system, folder, options.keys)
            clean = turn.take()
        if options.follow:
            with continued_backup(out, source) as folder:
                _follow(_Turn(system, folder, options.keys, _quiet), options.follow)
        return INTACT if clean else DAMAGED


def source_of(system: System) -> Source:
    """Return what a backup of this system copies."""
    return Source(
        identity=Identity(clinic=system.clinic, key=system.checkpointer.key),
        log_keys=lambda: system.checkpointer.keys,
        successions=system.checkpointer.successions,
        log=system.log,
        shelf=system.shelf,
        blobs=system.blobs,
        keys=system.keys,
        clock=system.clock,
        software=version.VERSION,
    )


def take_backup(system: System, folder: BackupFolder, *, show: Show) -> Taken:
    """Copy everything there is now.

    Raises:
        RuleViolation: nothing is recorded yet.
        IntegrityFailure: the log is damaged, or is not the one that was backed up before.
        Unavailable: the disk is full; the next run goes on.
    """
    # In this order: what lies beside must not be ahead of the records (``adapters.backup.beside``).
    beside = seal_beside(system.engine, keys=system.keys, clinic_key=system.clinic_key)
    upto = system.checkpointer.sign()
    if upto is None:
        raise RuleViolation(
            "backup.nothing", "nothing is recorded yet", "Back up once there is something."
        )
    with show("backing up", upto.size) as advance:
        return folder.take(upto, beside=beside, progress=advance)


class _Turn:
    """One turn of backing up after the other."""

    def __init__(
        self, system: System, folder: BackupFolder, keys: Path | None, show: Show = progress_bar
    ) -> None:
        self._system = system
        self._folder = folder
        self._keys = keys
        self._show = show

    def take(self) -> bool:
        """Copy what is new; return whether everything was there to be copied."""
        system, began = self._system, self._system.clock.now()
        taken = take_backup(system, self._folder, show=self._show)
        mirrored = self._mirror_keys()
        problems = tuple(each for part in taken.added for each in part.problems)
        records = sum(part.size - part.first for part in taken.added)
        contents = sum(part.contents for part in taken.added)
        duration_us = max(system.clock.now().us - began.us, 0)
        if taken.added:
            behind, age = exposure(system.log, taken.size, system.clock.now())
            say(
                f"{records} records and {contents} stored contents added; {taken.size} records, "
                f"root {taken.root.raw.hex()}"
            )
            say(f"not in it yet: {behind} records, the oldest for {age.total_seconds():.1f} s")
        if mirrored is not None and (mirrored.added or mirrored.destroyed):
            say(f"keys: {mirrored.added} added, {mirrored.destroyed} destroyed")
        for each in problems:
            say(f"  {each}")
        if self._is_due(records):
            event = BackupTaken(
                size=taken.size,
                root=taken.root,
                manifest=taken.manifest,
                contents=contents,
                duration_ms=duration_us // 1000,
                problems=problems,
            )
            context = system.context(OPERATOR)
            update(system.log, CLINIC, system.clinic.stream, lambda _: event, context)
        return not problems

    def _mirror_keys(self) -> Mirrored | None:
        # After the records: every key they need was made before them.
        if self._keys is None:
            return None
        return mirror_keys(self._system.settings.data, self._keys.absolute(), master_key=True)

    def _is_due(self, records: int) -> bool:
        """Return whether a turn is recorded; each fact is new to the next turn, so not all are."""
        system = self._system
        system.runner.catch_up()
        with system.reads.connect() as connection:
            before = trail(connection, name=BackupTaken.__name__, limit=1)
        if not before:
            return True
        last = ServerTime.parse(before[0]["at"])
        return records > 0 and system.clock.now() >= last.plus(RECORDED_EVERY)


@contextmanager
def _quiet(_what: str, _total: int) -> Iterator[Callable[[int], None]]:
    """Show nothing: a bar for each turn would hide what was said."""
    yield lambda _done: None


def _follow(turn: _Turn, seconds: float) -> None:
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    say(f"adding what is new every {seconds:g} s")
    while not stopped.wait(seconds):
        try:
            turn.take()
        except Unavailable as error:  # a full disk or a database that is away may come back
            say(f"not possible just now, trying again: {error}")


def _check(options: argparse.Namespace, out: Path) -> None:
    """Refuse options that contradict each other."""
    if options.follow is not None and (not options.add or options.follow <= 0):
        raise MalformedInput("--follow goes with --continue and takes seconds")
    if options.keys is not None:
        keys = options.keys.absolute()
        if keys.is_relative_to(out) or out.is_relative_to(keys):
            raise MalformedInput("keys never lie with the record: name a --keys folder elsewhere")
