"""A backup is written while the record grows, and is whole or not there."""

import errno
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.backup import writing
from adapters.backup.copying import exposure
from adapters.backup.reading import examine, records
from adapters.backup.segment import all_segments
from adapters.backup.writing import continued_backup
from domain.errors import (
    ChainBroken,
    DigestMismatch,
    IntegrityFailure,
    RuleViolation,
    Unavailable,
)
from domain.ledger.export import StoredRecord
from tests.adapters.backup.bench import Bench, contents_of
from tests.contracts.logs import SUBJECT_KEY, Logs, a_draft, an_event
from tests.faults.failing_disk import failing, killed_at_every_step, watched


def bench_in_memory(records: int = 3) -> Bench:
    bench = Bench(Logs("memory"))
    bench.record(records, content=b"a picture")
    return bench


def stored(folder: Path) -> list[StoredRecord]:
    return list(records(folder, examine(folder)))


def test_a_backup_holds_every_record_as_stored(tmp_path: Path) -> None:
    bench = bench_in_memory(600)
    bench.sign()
    bench.record(700)
    taken = bench.back_up(tmp_path / "backup")
    assert taken.size == 1300
    assert taken.root.raw == bench.log.tree.root(1300)
    assert stored(tmp_path / "backup") == list(bench.log.sealed_after(-1, limit=2000))
    (segment,) = taken.added
    assert [each.size for each in segment.checkpoints] == [600, 1300]
    assert segment.contents == 1
    assert len(contents_of(tmp_path / "backup")) == 1
    assert not (tmp_path / "backup").stat().st_mode & 0o077
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_a_backup_is_added_to_by_segments_that_follow_each_other(tmp_path: Path) -> None:
    bench, folder = bench_in_memory(), tmp_path / "backup"
    bench.back_up(folder)
    bench.record(2, content=b"a picture")  # the same content is not copied again
    bench.record(1, content=b"another")
    added = bench.add(folder)
    assert (added.size, added.added[0].first, added.added[0].contents) == (6, 3, 1)
    assert bench.add(folder).added == ()
    found = [segment for segment, _ in all_segments(folder)]
    assert [each.number for each in found] == [1, 2]
    assert examine(folder).size == 6


def test_a_long_log_is_cut_at_signed_checkpoints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "SEGMENT_RECORDS", 10)
    bench = bench_in_memory(4)
    for _ in range(6):
        bench.sign()
        bench.record(4)
    taken = bench.back_up(tmp_path / "backup")
    assert [each.size for each in taken.added] == [12, 24, 28]
    assert [each.beside for each in taken.added] == [None, None, b"beside"]
    assert examine(tmp_path / "backup").size == 28


@pytest.mark.verifies("DRV-35")
def test_every_acknowledged_record_is_in_a_backup_taken_under_load(
    kept_logs: Logs, tmp_path: Path
) -> None:
    bench, folder = Bench(kept_logs), tmp_path / "backup"
    bench.record(5)
    stop, acknowledged = threading.Event(), dict[int, bytes]()

    def keep_appending(number: int) -> None:
        stream, version = kept_logs.new_stream(), 0
        while not stop.is_set():
            (record,) = bench.log.append([a_draft(stream, version, an_event(f"{number}"))])
            acknowledged[record.seq] = record.leaf
            version += 1

    threads = [threading.Thread(target=keep_appending, args=(each,)) for each in range(3)]
    for thread in threads:
        thread.start()
    try:
        bench.back_up(folder)
        for _ in range(4):
            before = dict(acknowledged)
            taken = bench.add(folder)
            assert taken.size > max(before, default=0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    found = stored(folder)
    assert len(found) == taken.size
    for seq, leaf in acknowledged.items():
        assert seq >= taken.size or found[seq].leaf == leaf
    assert examine(folder, outside=[bench.sign().note]).beyond in {(), (bench.log.size(),)}


def test_the_records_that_a_backup_lacks_are_told_with_their_age(tmp_path: Path) -> None:
    bench = bench_in_memory(3)
    now = bench.logs.clock.now()
    assert exposure(bench.log, 3, now)[0] == 0
    behind, age = exposure(bench.log, 1, type(now)(now.us + 5_000_000))
    assert (behind, age.total_seconds()) == (2, 5.0)


@pytest.mark.verifies("DRV-10")
def test_what_is_erased_leaves_the_backup_of_contents(tmp_path: Path) -> None:
    bench, folder = bench_in_memory(), tmp_path / "backup"
    bench.back_up(folder)
    assert contents_of(folder)
    bench.erase()
    bench.add(folder)
    assert contents_of(folder) == []
    assert examine(folder).destroyed == {SUBJECT_KEY: True}


def test_content_erased_just_now_is_left_out_with_its_key_named(tmp_path: Path) -> None:
    bench, folder = bench_in_memory(), tmp_path / "backup"
    bench.logs.keys.destroy(SUBJECT_KEY)
    taken = bench.back_up(folder)
    assert taken.added[0].erased == (SUBJECT_KEY,)
    assert examine(folder).destroyed == {SUBJECT_KEY: False}


def test_content_that_is_missing_or_damaged_is_told_and_the_rest_copied(tmp_path: Path) -> None:
    bench = bench_in_memory()
    bench.record(content=b"damaged")
    bench.record(content=b"missing")
    damaged, missing = bench.content(b"damaged").name, bench.content(b"missing").name
    bench.blobs._stored[damaged] = b"something else"
    del bench.blobs._stored[missing]
    (segment,) = bench.back_up(tmp_path / "backup").added
    assert segment.contents == 1
    assert segment.absent == (damaged, missing)
    assert [text.split(" (")[0] for text in segment.problems] == ["record 3", "record 6"]


def test_a_damaged_log_is_not_copied(tmp_path: Path, sqlite_logs: Logs) -> None:
    bench = Bench(sqlite_logs)
    bench.record(5)
    bench.sign()
    sqlite_logs.sql(
        "DROP TRIGGER records_no_update",
        "UPDATE records SET state = zeroblob(length(state)) WHERE rowid = 3",
    )
    with pytest.raises(IntegrityFailure, match="record 2"):
        bench.back_up(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_a_backup_of_another_log_is_not_added_to(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    mine = bench_in_memory(5)
    mine.back_up(folder)
    with pytest.raises(RuleViolation, match="not of this log"):
        bench_in_memory(5).add(folder)
    for other in (bench_in_memory(1), bench_in_memory(4)):
        other.record(request="another history")
        forged = replace(other.source, log_keys=mine.source.log_keys)
        with (
            continued_backup(folder, forged) as backup,
            pytest.raises(ChainBroken, match="not those of the backup"),
        ):
            backup.take(other.sign(), beside=b"")


def test_nothing_is_written_over_and_nothing_half_is_added_to(tmp_path: Path) -> None:
    bench, folder = bench_in_memory(), tmp_path / "backup"
    with pytest.raises(RuleViolation, match="holds no backup"):
        bench.add(folder)
    bench.back_up(folder)
    with pytest.raises(RuleViolation, match="exists already"):
        bench.back_up(folder)


def test_two_runs_never_write_one_backup(tmp_path: Path) -> None:
    bench, folder = bench_in_memory(), tmp_path / "backup"
    bench.back_up(folder)
    held = continued_backup(folder, bench.source)
    with held, pytest.raises(Unavailable, match="another run"):
        bench.add(folder)


def usable(folder: Path) -> bool:
    """Return whether a restore would take a folder; what it takes must be whole."""
    try:
        examine(folder)
    except RuleViolation:
        return False
    return True


@pytest.mark.slow
def test_a_run_killed_at_any_step_leaves_no_half_backup_and_the_next_goes_on(
    tmp_path: Path,
) -> None:
    bench = bench_in_memory()
    bench.sign()
    bench.record(3, content=b"another")
    bench.sign()

    def prepare(attempt: int) -> Callable[[], object]:
        return lambda: bench.back_up(tmp_path / f"{attempt}")

    attempts = killed_at_every_step(prepare)
    assert attempts > 40
    completed = 0
    for attempt in range(attempts):
        folder = tmp_path / f"{attempt}"
        assert not usable(folder.with_name(f"{folder.name}.part")) or not folder.exists()
        if usable(folder):
            completed += 1
            continue
        assert bench.back_up(folder).size == 6
        assert examine(folder).root == bench.log.tree.root(6)
        assert len(contents_of(folder)) == 2
    assert completed < attempts / 4


def test_adding_killed_at_any_step_leaves_what_was_there(tmp_path: Path) -> None:
    bench = bench_in_memory()
    bench.back_up(tmp_path / "first")
    bench.record(3, content=b"another")
    bench.sign()

    def prepare(attempt: int) -> Callable[[], object]:
        folder = tmp_path / f"{attempt}"
        shutil.copytree(tmp_path / "first", folder)
        return lambda: bench.add(folder)

    for attempt in range(killed_at_every_step(prepare)):
        folder = tmp_path / f"{attempt}"
        assert examine(folder).size in {3, 6}
        bench.add(folder)
        assert examine(folder).size == 6
        assert not list(folder.rglob("*.part"))


def test_a_full_disk_is_told_and_the_next_run_goes_on(tmp_path: Path) -> None:
    bench = bench_in_memory()
    bench.sign()
    with watched() as disk:
        bench.back_up(tmp_path / "whole")
    for step in range(len(disk.steps)):
        folder = tmp_path / f"{step}"
        full = pytest.raises(Unavailable, match="No space left")
        with full, watched(before=failing(step, errno.ENOSPC)):
            bench.back_up(folder)
        if folder.exists():  # it failed after the last word of it was written
            assert examine(folder).size == 3
            continue
        assert bench.back_up(folder).size == 3
        assert examine(folder).size == 3


def test_a_record_between_the_pages_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = bench_in_memory(5)
    bench.sign()
    every = bench.log.sealed_after
    wrong: dict[str, Callable[..., object]] = {
        "stands where": lambda seq, *, limit: every(seq + 1, limit=limit),
        "no record": lambda *_place, **_limit: (),
        "not what was recorded": lambda seq, *, limit: tuple(
            each._replace(ciphertext=b"") for each in every(seq, limit=limit)
        ),
    }
    for words, lie in wrong.items():
        monkeypatch.setattr(bench.log, "sealed_after", lie)
        with pytest.raises((ChainBroken, DigestMismatch), match=words):
            bench.back_up(tmp_path / "backup")
