"""A process that dies between any two writes records nothing twice and loses nothing."""

from pathlib import Path

import pytest

from domain.events.record import Record
from tests.adapters.workers.clinic_day import ClinicDay, clinic_day
from tests.adapters.workers.crashes import (
    Crash,
    Crashes,
    CrashingBlobs,
    CrashingLog,
    CrashingPositions,
)
from tests.adapters.workers.finished import finished


@pytest.mark.verifies("DRV-06", "REQ-IN-001")
def test_a_crash_before_and_after_every_write_leaves_the_same_record(tmp_path: Path) -> None:
    (tmp_path / "calm").mkdir()
    (tmp_path / "crashing").mkdir()
    with finished(tmp_path / "calm") as calm:
        expected = [_said(each) for each in calm.day.log.after(-1, limit=100)]
        stored = set(calm.contents())
    crashes = Crashes()
    with clinic_day(tmp_path / "crashing") as day:
        session = day.open_session()
        day.submit(session)
        _work(day, crashes)
        day.close(session)
        _work(day, crashes)
        day.sign_off(session)
        _work(day, crashes)
        found = [_said(each) for each in day.log.after(-1, limit=100)]
        files = {path.name for path in (tmp_path / "crashing").rglob("blobs/??/??/*")}
    assert found == expected
    assert files == stored
    assert len(crashes.seen) > 40
    assert min(crashes.seen.values()) >= 2


def _work(day: ClinicDay, crashes: Crashes) -> None:
    """Let workers do everything there is, starting them anew after each crash."""
    while True:
        workers = day.workers(
            log=CrashingLog(day.log, crashes),
            blobs=CrashingBlobs(day.blobs, crashes),
            positions=CrashingPositions(day.engine, crashes),
        )
        try:
            while workers.catch_up():
                pass
        except Crash:
            continue
        assert not workers.set_aside()
        return


def _said(record: Record) -> tuple[object, ...]:
    """Return what a record says, without what is random or told by the clock."""
    return record.seq, record.stream, record.version, record.event, record.causation
