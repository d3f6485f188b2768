"""Backing up a record that is being written, losing it, and proving what comes back."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from adapters.backup.keys import key_path
from adapters.backup.mark import Use, read_mark
from adapters.backup.reading import newest_size
from adapters.backup.segment import manifest_path, records_path
from adapters.workers.erasure import carry_out_erasure
from api.cli import main
from api.restoring import REPORT_PATH
from api.serving import opened
from api.settings import Settings, from_environment
from api.wiring import System
from domain.errors import ContentErased, NotFound, RuleViolation
from domain.events.clinic import RecordRestored, RestoreDrillCompleted
from domain.events.record import Shredded
from domain.events.subject import SubjectEnrolled, SubjectIdentityLinked, SubjectKeyDestroyed
from domain.handling import update
from domain.rules import clinic as clinics
from domain.rules.clinic import CLINIC
from domain.rules.subject import SUBJECT as SUBJECT_RULES
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import PractitionerId, SubjectId
from tests.builders import a_signature
from tests.contracts.logs import an_event
from tests.fleet.processes import wait_until
from tests.flows.conftest import ROOT

SUBJECT = SubjectId.derived("backed up")
KEY = f"subject:{SUBJECT}"
TEST = Actor.service("test")


class Place:
    """A clinic's data folder and database, and everything a test does to them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, database: str | None) -> None:
        """Use a data folder in this folder."""
        self.folder = folder
        self.data = folder / "data"
        self.backup = folder / "backup"
        self.keys = folder / "keys"
        self.database = database
        self._patch = monkeypatch

    def settings(self, data: Path | None = None, database: str | None = None) -> Settings:
        """Return the settings of the record, or of a restored one."""
        given = {"VULTUS_DATA": str(data or self.data)}
        found = database if data is not None else self.database
        return from_environment(given | ({"VULTUS_DATABASE": found} if found else {}))

    def vultus(self, *words: object, data: Path | None = None) -> int:
        """Run a command on the record, or on a restored one."""
        self._patch.setenv("VULTUS_DATA", str(data or self.data))
        if data is None and self.database:
            self._patch.setenv("VULTUS_DATABASE", self.database)
        else:
            self._patch.delenv("VULTUS_DATABASE", raising=False)
        return main([str(word) for word in words])

    @contextmanager
    def open(self, data: Path | None = None, database: str | None = None) -> Iterator[System]:
        """Open the record, or a restored one."""
        with opened(self.settings(data, database), say=lambda _: None) as system:
            yield system

    def restore(self, to: Path, *more: object) -> int:
        """Restore with the keys."""
        return self.vultus("restore", self.backup, "--to", to, "--keys", self.keys, *more)

    def outside(self) -> Path:
        """Return the newest checkpoint copy, as whoever keeps watch has it."""
        copies = (self.data / "checkpoint-copies").glob("*.txt")
        newest = max(copies, key=lambda path: int(path.stem))
        return Path(shutil.copy(newest, self.folder / "outside.txt"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A clinic with a subject, contents and an account, on SQLite."""
    return founded(Place(tmp_path, monkeypatch, None))


def founded(place: Place) -> Place:
    with place.open() as system:
        register = partial(
            clinics.register_clinic,
            identifier=system.clinic,
            name="Harbour Clinic",
            time_zone="Australia/Sydney",
            demo=True,
        )
        context = system.context(TEST)
        update(system.log, CLINIC, system.clinic.stream, register, context)
        system.keys.create(KEY)
        enrolled = SubjectEnrolled(subject=SUBJECT, pseudonym="P-0001")
        update(system.log, SUBJECT_RULES, SUBJECT.stream, lambda _: enrolled, context)
        for number in range(3):
            link(system, number)
        person = PractitionerId.derived("somebody")
        system.accounts.issue(person, account="ada", password="correct horse battery staple")
        system.checkpointer.sign()
    return place


def picture(number: int) -> bytes:
    return f"picture {number} ".encode() * 20_000


def link(system: System, number: int) -> None:
    """Record something about the subject that names a content."""
    blob = system.blobs.put(
        [picture(number)], key=KEY, expected=None, limit_bytes=len(picture(number))
    )
    event = SubjectIdentityLinked(
        given_name="Wilhelmina",
        family_name=f"Featherstonehaugh {number}",
        date_of_birth="1971-12-29",
        clinic_number="CN-778812",
    )
    context = replace(system.context(TEST, subject=SUBJECT), blobs=(blob,))
    update(system.log, SUBJECT_RULES, SUBJECT.stream, lambda _: event, context)


def erase(system: System) -> None:
    event = SubjectKeyDestroyed(
        key=KEY,
        approval=a_signature(Digest.of(b"shown")),
        certificate=Digest.of(b"certificate"),
        purged_blobs=3,
    )
    context = system.context(TEST)
    update(system.log, SUBJECT_RULES, SUBJECT.stream, lambda _: event, context)
    carry_out_erasure(KEY, log=system, keys=system.keys, blobs=system.blobs)


def note(system: System, text: str) -> tuple[int, bytes]:
    """Record something small; return its place and leaf hash."""
    context = system.context(TEST)
    (record,) = update(system.log, CLINIC, system.clinic.stream, lambda _: an_event(text), context)
    return record.seq, record.leaf


def flip(path: Path, at: int = 150) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.verifies("DRV-35")
@pytest.mark.parametrize("source", ["sqlite", "postgresql"])
def test_a_record_written_to_all_the_time_comes_back_whole_in_the_other_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_dsn: str, source: str
) -> None:
    place = founded(Place(tmp_path, monkeypatch, postgres_dsn if source == "postgresql" else None))
    outside, stop, acknowledged = place.outside(), threading.Event(), dict[int, bytes]()
    with place.open() as live:

        def keep_recording() -> None:
            while not stop.wait(0.005):
                seq, leaf = note(live, "under load")
                acknowledged[seq] = leaf

        thread = threading.Thread(target=keep_recording)
        thread.start()
        try:
            wait_until(lambda: bool(acknowledged))
            assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
            before = dict(acknowledged)
            assert place.vultus("backup", "--continue", place.backup) == 0
        finally:
            stop.set()
            thread.join()
        size = newest_size(place.backup)
        assert size > max(before)
        root = live.log.tree.root(size)
    target = None if source == "postgresql" else postgres_dsn
    more = [] if target is None else ["--database", target]
    restored = tmp_path / "restored"

    assert place.restore(restored, "--against", outside, *more) == 0

    report = (restored / REPORT_PATH).read_text()
    assert f"root {root.hex()} of {size} records" in report
    assert "PROVEN: the restored log equals the signed checkpoint" in report
    with place.open(restored, target) as system:
        assert system.log.tree.root(size) == root
        found = system.log.sealed_after(-1, limit=size)
        for seq, leaf in acknowledged.items():
            assert seq >= size or found[seq].leaf == leaf
        assert b"".join(system.blobs.read(Digest.of(picture(1)), key=KEY)) == picture(1)
        (fact,) = system.log.after(size - 1, limit=1)
        assert isinstance(fact.event, RecordRestored)
        assert (fact.event.size, fact.event.lost) == (size, 0)
        assert system.accounts.taken("ada", by_other_than=PractitionerId.derived("nobody"))
    with place.open(restored, target) as system:  # it is recorded once
        names = [each.name for each in system.log.after(size - 1, limit=10)]
        assert names.count("RecordRestored") == 1


@pytest.mark.verifies("DRV-10", "REQ-IN-206")
def test_an_erased_subject_stays_erased_whatever_is_restored(place: Place, tmp_path: Path) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    old_keys = Path(shutil.copytree(place.keys, tmp_path / "old keys"))
    with place.open() as system:
        before = system.log.size() - 1
        erase(system)
        note(system, "afterwards")
    assert place.vultus("backup", "--continue", place.backup, "--keys", place.keys) == 0
    assert not list((place.backup / "contents").iterdir())
    assert not key_path(place.keys, KEY).exists()
    for name, more in (("now", []), ("then", ["--until", before])):
        restored = tmp_path / name
        words = ["restore", place.backup, "--to", restored, "--keys", old_keys, *more]

        assert place.vultus(*words) == 0

        copies = opened(place.settings(restored), say=lambda _: None, copies=True)
        with copies as system:
            assert system.keys.destroyed(KEY)
            with pytest.raises(ContentErased):
                system.keys.create(KEY)
            with pytest.raises((ContentErased, NotFound)):
                b"".join(system.blobs.read(Digest.of(picture(1)), key=KEY))
            about = [each for each in system.log.after(-1, limit=99) if each.key == KEY]
            assert about
            assert all(isinstance(each.event, Shredded) for each in about)
        for path in restored.rglob("*"):
            assert not path.is_file() or b"Featherstonehaugh" not in path.read_bytes()


DAMAGE: dict[str, Callable[[Place], Path]] = {
    "identity": lambda place: place.backup / "backup.json",
    "manifest": lambda place: manifest_path(place.backup, 1),
    "records": lambda place: records_path(place.backup, 1),
    "content": lambda place: next((place.backup / "contents").iterdir()),
    "key": lambda place: key_path(place.keys, KEY),
}


@pytest.mark.verifies("DRV-35")
def test_whatever_is_damaged_is_named_and_nothing_is_restored(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    for which in DAMAGE.values():
        path = which(place)
        whole = path.read_bytes()
        flip(path)
        capsys.readouterr()
        assert place.restore(tmp_path / "restored") == 1
        assert path.name in capsys.readouterr().err
        path.write_bytes(whole)
    gone = DAMAGE["content"](place)
    whole = gone.read_bytes()
    gone.unlink()
    assert place.restore(tmp_path / "restored") == 1
    assert gone.name in capsys.readouterr().err
    assert not list(tmp_path.glob("*restored*"))
    # Whoever has nothing better accepts the loss and is told of it.
    assert place.restore(tmp_path / "restored", "--accept-loss") == 1
    assert gone.name in (tmp_path / "restored" / REPORT_PATH).read_text()
    gone.write_bytes(whole)
    assert place.restore(tmp_path / "whole") == 0


def test_a_point_in_time_is_a_copy_unless_the_loss_is_accepted(
    place: Place, tmp_path: Path
) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    size = newest_size(place.backup)
    past, accepted = tmp_path / "past", tmp_path / "accepted"

    assert place.restore(past, "--until", 2) == 0

    mark = read_mark(past)
    assert mark is not None
    assert (mark.use, mark.size, mark.lost) == (Use.COPY, 3, size - 3)
    with pytest.raises(RuleViolation, match="--accept-loss"), place.open(past):
        pass
    assert place.vultus("verify", data=past) == 0
    assert place.vultus("replay", "--until", "2", data=past) == 0
    assert place.restore(accepted, "--until", 2, "--accept-loss") == 0
    with place.open(accepted) as system:
        (fact,) = system.log.after(2, limit=1)
        assert isinstance(fact.event, RecordRestored)
        assert fact.event.lost == size - 3
    assert place.restore(tmp_path / "never", "--until", "2020-01-01T00:00:00Z") == 1
    assert not (tmp_path / "never").exists()


def test_a_backup_that_outside_checkpoints_go_beyond_is_not_the_record(
    place: Place, tmp_path: Path
) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    with place.open() as system:
        note(system, "after the backup")
        system.checkpointer.sign()
    restored = tmp_path / "restored"

    assert place.restore(restored, "--against", place.outside()) == 1

    mark = read_mark(restored)
    assert mark is not None
    assert mark.use is Use.COPY
    assert "records are known to follow" in (restored / REPORT_PATH).read_text()


def test_without_keys_a_backup_proves_the_record_and_opens_nothing(
    place: Place, tmp_path: Path
) -> None:
    assert place.vultus("backup", place.backup) == 0
    restored = tmp_path / "restored"

    assert place.vultus("restore", place.backup, "--to", restored) == 0

    assert "PROVEN" in (restored / REPORT_PATH).read_text()
    with pytest.raises(RuleViolation, match="--keys"), place.open(restored):
        pass
    for path in (*place.backup.rglob("*"), *restored.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        assert b"Featherstonehaugh" not in content, path
        assert b"argon2" not in content, path


def test_nothing_is_written_over(place: Place, tmp_path: Path) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    assert place.vultus("backup", place.backup) == 1
    assert place.restore(place.data) == 1
    assert place.restore(place.backup / "inside") == 1
    taken = tmp_path / "taken.sqlite"
    taken.touch()
    assert place.restore(tmp_path / "restored", "--database", f"sqlite:///{taken}") == 1
    assert place.restore(tmp_path / "restored", "--database", f"sqlite:///{tmp_path}/new") == 0
    assert place.vultus("backup", place.backup, "--keys", place.backup / "keys") == 2
    assert place.vultus("backup", place.backup, "--follow", "1") == 2


def test_what_a_missing_key_opens_is_told_as_lost(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.vultus("backup-keys", place.keys) == 0
    with place.open() as system:
        later = SubjectId.derived("after the keys were backed up")
        system.keys.create(f"subject:{later}")
        event = SubjectIdentityLinked(
            given_name="a", family_name="b", date_of_birth="1971-12-29", clinic_number=""
        )
        context = system.context(TEST, subject=later)
        update(system.log, SUBJECT_RULES, later.stream, lambda _: event, context)
    assert place.vultus("backup", place.backup) == 0

    assert place.restore(tmp_path / "restored") == 1
    assert f"subject:{later}" in capsys.readouterr().err
    assert not (tmp_path / "restored").exists()
    assert place.restore(tmp_path / "restored", "--accept-loss") == 1

    report = (tmp_path / "restored" / REPORT_PATH).read_text()
    assert f"the key subject:{later} is missing" in report
    with place.open(tmp_path / "restored") as system:
        found = [each for each in system.log.after(-1, limit=99) if each.stream == later.stream]
        assert [type(each.event) for each in found] == [Shredded]
    key_path(place.keys, f"clinic:{found_clinic(place)}").unlink()
    assert place.restore(tmp_path / "again", "--accept-loss") == 1
    assert not (tmp_path / "again").exists()


def found_clinic(place: Place) -> str:
    return (place.data / "clinic").read_text()


@pytest.mark.verifies("DRV-35")
def test_a_drill_proves_a_backup_removes_it_and_is_recorded(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    outside, work = place.outside(), tmp_path / "work"
    work.mkdir()
    words = ["restore-drill", place.backup, "--against", outside, "--at", work]

    assert place.vultus(*words, "--keys", place.keys) == 0
    flip(records_path(place.backup, 1))
    assert place.vultus(*words) == 1

    said = capsys.readouterr().err
    assert "DRILL PASSED" in said
    assert "DRILL FAILED" in said
    assert not list(work.iterdir())
    with place.open() as system:
        drills = [
            each.event
            for each in system.log.after(-1, limit=99)
            if isinstance(each.event, RestoreDrillCompleted)
        ]
        passed, failed = drills
        assert (passed.passed, passed.keys, passed.problems) == (True, True, ())
        assert passed.root == Digest.from_raw(system.log.tree.root(passed.size))
        assert passed.behind > 0
        assert passed.recovery_ms > 0
        assert (failed.passed, failed.size, failed.root, failed.keys) == (False, 0, None, False)
        assert "00000001.vultus-log" in failed.problems[0]


@pytest.mark.verifies("DRV-35", "DRV-08")
def test_a_drill_of_a_point_in_time_restores_what_was_then_and_is_recorded_as_that(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with place.open() as system:
        then = system.log.size() - 1
        moment = system.log.after(then - 1, limit=1)[0].committed_at
        note(system, "afterwards")
    assert place.vultus("backup", place.backup, "--keys", place.keys) == 0
    outside, work = place.outside(), tmp_path / "work"
    work.mkdir()
    words = ["restore-drill", place.backup, "--against", outside, "--at", work]
    words += ["--keys", place.keys, "--until"]

    assert place.vultus(*words, then) == 0
    assert place.vultus(*words, str(moment)) == 0

    assert f"restored {then + 1} records" in capsys.readouterr().err
    assert not list(work.iterdir())
    with place.open() as system:
        drills = [
            each.event
            for each in system.log.after(-1, limit=99)
            if isinstance(each.event, RestoreDrillCompleted)
        ]
        assert [(each.passed, each.problems, each.point_in_time, each.keys) for each in drills] == [
            (True, (), True, True)
        ] * 2
        assert drills[0].size == then + 1
        assert drills[1].size >= then + 1
        for each in drills:
            assert each.root == Digest.from_raw(system.log.tree.root(each.size))


@pytest.mark.slow
def test_following_adds_what_is_recorded_until_it_is_stopped(place: Place) -> None:
    assert place.vultus("backup", place.backup) == 0
    command = [sys.executable, "-m", "api.cli", "backup", "--continue", str(place.backup)]
    command += ["--follow", "0.1", "--keys", str(place.keys)]
    environment = {**os.environ, "VULTUS_DATA": str(place.data)}
    with (
        place.open() as system,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as running,
    ):
        for number in range(3):
            seq, _ = note(system, f"note {number}")
            deadline = time.monotonic() + 60
            while newest_size(place.backup) <= seq and time.monotonic() < deadline:
                time.sleep(0.05)
            assert newest_size(place.backup) > seq
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
        taken = [each for each in system.log.after(-1, limit=99) if each.name == "BackupTaken"]
    assert len(taken) == 1  # so that what is recorded of a backup is not its own next work
    assert key_path(place.keys, KEY).exists()
