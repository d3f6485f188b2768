"""A power cut, played on the files of an SQLite record.

What a disk promises is that what was synced stays. So a cut leaves, of what was written since
the last sync, any part: lost, torn in the middle, or garbage where the file had grown.

Rules kept here:

1. The log's database syncs its write-ahead log at every commit. A copy of the files is taken
   right after an acknowledgement; everything up to there was synced.
2. What the next, unacknowledged append writes after that point is cut at random: shortened,
   filled with zeros or with garbage, or with single sectors missing.
3. While the write-ahead log is carried over into the database, its pages are synced only at the
   end: until then any of them may be old or new. The write-ahead log is still whole then.

Source: SQLite, "Write-Ahead Logging", sections 3 and 4; "Atomic Commit", section 2.
"""

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from api.serving import opened
from api.settings import Settings
from validation.benchmarks.crash_day import Note, live, more, quiet

SECTOR: Final = 512
PAGE: Final = 4096


def cut_power(settings: Settings, note: Note, seed: int) -> None:
    """Live a day, write on, and cut the power somewhere after the last acknowledgement."""
    chance = random.Random(seed)  # noqa: S311 - a place to cut, not a secret
    live(settings, note)
    database = settings.data / "vultus.sqlite"
    with opened(settings, say=quiet) as system:
        for number in range(chance.randrange(1, 6)):
            more(system, note, f"{seed}-{number}")
        synced = _copied(database, ".synced")
        more(system, lambda _: None, f"{seed}-unacknowledged")
        written = _copied(database, ".written")
    if chance.getrandbits(1):
        _tear_log(database, synced, written, chance)
    else:
        _tear_pages(database, written, chance)
    for each in (*synced, *written):
        each.unlink(missing_ok=True)


def _copied(database: Path, suffix: str) -> tuple[Path, Path]:
    """Copy database and write-ahead log as they stand, and return the copies."""
    copies = []
    for name in (database.name, f"{database.name}-wal"):
        copy = database.with_name(name + suffix)
        shutil.copyfile(database.with_name(name), copy)
        copies.append(copy)
    return copies[0], copies[1]


def _tear_log(
    database: Path, synced: tuple[Path, Path], written: tuple[Path, Path], chance: random.Random
) -> None:
    """Keep what was synced of the write-ahead log, and any part of what came after."""
    kept, whole = synced[1].read_bytes(), written[1].read_bytes()
    # Where the log begins anew, its old frames are overwritten from the start.
    same = len(kept) if whole.startswith(kept) else 0
    tail = bytearray(whole[same:] if same else b"")
    for at in range(0, len(tail), SECTOR):
        fate = chance.choice(("written", "written", "zero", "garbage"))
        if fate != "written":
            size = len(tail[at : at + SECTOR])
            tail[at : at + SECTOR] = bytes(size) if fate == "zero" else chance.randbytes(size)
    tail = tail[: chance.randrange(len(tail) + 1)]
    shutil.copyfile(synced[0], database)
    _wal(database).write_bytes(kept + bytes(tail))
    _forget_index(database)


def _tear_pages(database: Path, written: tuple[Path, Path], chance: random.Random) -> None:
    """Carry the log over into the database as far as any of its pages, and keep the log."""
    shutil.copyfile(written[0], database)
    shutil.copyfile(written[1], _wal(database))
    _forget_index(database)
    old = database.read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        new = database.read_bytes()
    pages = bytearray(old.ljust(len(new), b"\0"))
    for at in range(0, len(new), PAGE):
        if chance.getrandbits(1):
            pages[at : at + PAGE] = new[at : at + PAGE]
    database.write_bytes(pages)
    shutil.copyfile(written[1], _wal(database))
    _forget_index(database)


def _wal(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


def _forget_index(database: Path) -> None:
    """Remove the index of the write-ahead log, which lives in memory and ends with its machine."""
    with suppress(FileNotFoundError):
        database.with_name(f"{database.name}-shm").unlink()
