"""A station killed at any moment of keeping or delivering: no gap, no double, nothing half kept."""

import subprocess
import sys
from pathlib import Path

import pytest

from device.outbox import Outbox
from device.secure_key import FileSecureKey
from domain.errors import NotFound, Unavailable
from tests.faults.delivery_killed import StationAtWork, attempt
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


@pytest.mark.slow
@pytest.mark.verifies("DRV-05", "DRV-06")
def test_a_station_killed_at_every_statement_of_delivery_goes_on_and_delivers_each_once(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "tests.faults.delivery_killed", str(tmp_path), "1"]
    done = subprocess.run(command, check=True, capture_output=True, timeout=300, text=True)
    assert int(done.stdout) >= 80
    key = FileSecureKey.load_or_create(tmp_path / "keys")
    folders = [each for each in tmp_path.iterdir() if each.name != "keys"]
    assert len(folders) >= int(done.stdout)
    half_done = set()
    for folder in folders:
        station = StationAtWork(folder, key)
        half_done.add(station.outbox.state().waiting)
        station.deliver()

        # The server takes each number once and none out of order, or it would have said so.
        accepted = {1: attempt("accepted")[0], 4: attempt("accepted too")[0]}
        assert station.server.recorded == accepted
        assert set(station.server.refused) == {2, 3}
        for event in accepted.values():
            assert {each.content.digest for each in event.frames} <= set(station.server.content)
        state = station.outbox.state()
        assert (state.waiting, state.refused, state.last_sequence) == (0, 2, 4)
        refused, erased = station.outbox.aside()
        assert refused.statement is not None
        found = tuple(station.outbox.content(2, place) for place in range(2))
        assert found == attempt("refused")[1]
        assert (erased.sequence, erased.statement) == (3, None)
        with pytest.raises(NotFound):
            station.outbox.content(3, 0)
        assert station.outbox.kept("fact") == b"kept alone"
        station.outbox.close()
    assert half_done == {0, 1, 2, 3, 4}
