"""A station killed at any moment of keeping an attempt: no gap, no double, nothing half kept."""

import subprocess
import sys
from pathlib import Path

import pytest

from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.errors import Unavailable
from tests.faults.station_killed import BEFORE, CONTENT, open_queue

SEAMS = 16


@pytest.mark.verifies("DRV-05")
def test_a_station_killed_at_every_seam_of_keeping_leaves_a_valid_prefix(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.station_killed", str(tmp_path), str(SEAMS)]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True)
    assert int(done.stdout) >= 20
    key = FileSecureKey.load_or_create(tmp_path / "keys")
    half_done = 0
    for seam in range(SEAMS):
        outbox = Outbox(tmp_path / str(seam) / "outbox.sqlite", key)
        state, kept = outbox.state(), outbox.waiting(1000)
        # Two processes kept some for certain; what each died over is there whole, or not at all.
        assert 2 * BEFORE <= state.last_sequence <= 2 * BEFORE + 4
        assert [each.sequence for each in kept] == list(range(1, state.last_sequence + 1))
        for statement in kept:
            places = outbox.unsettled(statement.sequence)
            assert tuple(outbox.content(statement.sequence, place) for place in places) == CONTENT
            assert outbox.kept(f"fact {statement.sequence}") == b"kept with it"
        assert outbox.kept(f"fact {state.last_sequence + 1}") is None
        half_done += state.last_sequence < 2 * BEFORE + 4
        outbox.close()
    assert half_done >= 10


def test_a_disk_that_fills_up_at_any_page_keeps_nothing_of_the_statement(tmp_path: Path) -> None:
    key = FileSecureKey.load_or_create(tmp_path / "keys")
    outbox, keep = open_queue(tmp_path, key)
    keep()
    (pages,) = outbox._connection.execute("PRAGMA page_count").fetchone()
    for room in range(0, 100, 7):
        outbox._connection.execute(f"PRAGMA max_page_count = {pages + room}")
        with pytest.raises(Unavailable, match="nothing was kept"):
            keep()
        assert (outbox.state().waiting, outbox.state().last_sequence) == (1, 1)
        assert outbox.kept("fact 2") is None
    outbox.close()
    again, keep = open_queue(tmp_path, key)
    keep()
    assert [each.sequence for each in again.waiting(9)] == [1, 2]
    again.close()
