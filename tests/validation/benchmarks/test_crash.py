"""The crash drill: a sample of its deaths, and that it would find what it looks for."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.serving import opened
from api.settings import Settings, from_environment
from domain.events.equipment import DeviceSequenceGapDetected
from domain.handling import update
from domain.rules.equipment import EQUIPMENT
from validation.benchmarks import crash_delivery
from validation.benchmarks.crash_check import check
from validation.benchmarks.crash_day import ACTOR, live, noting, prepare, quiet
from validation.benchmarks.crash_delivery import STATION
from validation.benchmarks.crash_seams import Seams

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A record that a day can begin with."""
    made = from_environment({"VULTUS_DATA": str(tmp_path / "record")})
    prepare(made)
    return made


def lived(settings: Settings) -> list[dict[str, Any]]:
    """Live a day and return what was acknowledged."""
    notes = settings.data.with_suffix(".notes")
    live(settings, noting(notes))
    return [json.loads(line) for line in notes.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.verifies("REQ-IN-002", "DRV-02", "DRV-05", "DRV-06", "DRV-10")
@pytest.mark.parametrize(("database", "every"), [("sqlite", 67), ("postgresql", 111)])
def test_no_death_at_any_seam_loses_what_was_acknowledged(
    tmp_path: Path, database: str, every: int
) -> None:
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "validation.benchmarks", "crash", "--database", database]
    command += ["--every", str(every), "--at-once", "1", "--json", str(figures)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=840, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    deaths = json.loads(figures.read_text())
    assert len(deaths) >= 8
    assert [each for each in deaths if each["lost"] or each["problems"]] == []
    assert max(each["acknowledged"] for each in deaths) >= 7


def test_a_day_without_a_death_leaves_nothing_to_find(settings: Settings) -> None:
    noted = lived(settings)

    found = check(settings, noted)

    assert (found.lost, found.problems) == ([], [])
    kinds = {key for each in noted for key in each}
    assert kinds >= {"key", "leaves", "blob", "checkpoint", "position", "erased", "delivered"}
    (answered,) = [each["answered"] for each in noted if "answered" in each]
    assert [number for number, *_ in answered["accepted"]] == [1, 2]
    assert {number: rule for number, rule, _ in answered["refused"]} == crash_delivery.REFUSED


def test_what_was_acknowledged_and_is_gone_is_named(settings: Settings, tmp_path: Path) -> None:
    early = tmp_path / "early"
    shutil.copytree(settings.data, early)
    noted = lived(settings)
    shutil.rmtree(settings.data)
    shutil.copytree(early, settings.data)  # a disk that forgot the day

    found = check(settings, noted)

    assert {each.split(" of ")[0] for each in found.lost} >= {"a reader's position", "an erasure"}
    assert any(each.startswith("record ") for each in found.lost)
    assert any("checkpoint" in each for each in found.lost)
    assert any("NotFound" in each for each in found.lost)
    assert any("answer to statement 3" in each for each in found.lost)
    assert any("delivered content" in each for each in found.lost)


def test_a_changed_record_is_named(settings: Settings) -> None:
    noted = lived(settings)
    with closing(sqlite3.connect(settings.data / "vultus.sqlite")) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS records_no_update")
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'records'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE records SET actor = 'service:somebody' WHERE rowid = 2")

    assert check(settings, noted).problems


def test_content_that_nobody_knows_and_a_statement_recorded_twice_are_named(
    settings: Settings,
) -> None:
    noted = lived(settings)
    forgotten = settings.data / "blobs" / "ab" / "cd" / ("abcd" + 60 * "0")
    forgotten.parent.mkdir(parents=True)
    forgotten.write_bytes(b"left behind")
    with opened(settings, say=quiet) as system:
        gap = DeviceSequenceGapDetected(expected=4, received=5)
        context = system.context(ACTOR)
        update(system.log, EQUIPMENT, STATION.device.stream, lambda _: gap, context)

    problems = check(settings, noted).problems

    assert any("known to nobody" in each for each in problems)
    assert any("recorded 2 times" in each for each in problems)


def test_a_process_dies_at_the_seam_it_was_told(tmp_path: Path) -> None:
    def write(place: Path) -> None:
        for number in range(3):
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.write(descriptor, str(number).encode())
            os.close(descriptor)

    found = []
    for seam, after in ((1, False), (1, True), (5, True), (99, False)):
        place = tmp_path / f"{seam}-{after}"
        child = os.fork()
        if child == 0:
            Seams(at=seam, after=after).watch()
            write(place)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        found.append((os.WIFSIGNALED(status), place.read_text()))
    assert found == [(True, ""), (True, "0"), (True, "012"), (False, "012")]
