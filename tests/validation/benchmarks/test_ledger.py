"""Every row of the table of speeds is measured, with few records, and says what it divides."""

import argparse
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from validation.benchmarks import ledger
from validation.benchmarks.disks import flushes_per_s
from validation.benchmarks.ledger_figures import Figure, compared, microseconds, table
from validation.benchmarks.ledger_logs import Places, own_drafts, some_events

EVENTS = 120
TINY = ledger.Sizes(turns=1, singles=6, batches=2, by_thread=1, signed=40)

ROWS = {
    "sqlite": [
        ("one at a time", 0.90),
        ("by 100", 0.80),
        ("by 100, two threads", None),
        ("one at a time, threads: 1, beside the disk", None),
        ("one at a time, threads: 8, beside the disk", None),
        ("one at a time, threads: 32, beside the disk", 1.0),
        ("full verification, one process", 0.33),
        ("full verification, two processes", 1.8),
        ("decoding", 0.8),
        ("rebuild of a projection", 50.0),
        ("audit of device signatures, one process", 0.9),
    ],
    "postgresql": [
        ("one at a time", 0.90),
        ("by 100", 0.80),
        ("by 100, two threads", None),
        ("by 100, beside the library", 3.0),
        ("full verification, one process", 0.33),
        ("full verification, two processes", 1.8),
        ("decoding", 0.8),
        ("rebuild of a projection", 50.0),
        ("audit of device signatures, one process", 0.9),
    ],
}


@pytest.fixture
def places() -> Iterator[Places]:
    """Return places in a folder through which a database's own user may pass."""
    with ledger.work_folder(None) as folder, Places(folder) as made:
        yield made


@pytest.mark.parametrize("kind", ROWS)
def test_every_row_of_the_table_is_measured(places: Places, kind: str) -> None:
    figures = ledger.measure(places, kind, EVENTS, TINY)
    assert [(each.name.removeprefix(f"{kind}, "), each.goal) for each in figures] == ROWS[kind]
    for each in figures:
        assert all(math.isfinite(ratio) and ratio > 0 for ratio in each.ratios)
        assert each.ours > 0
        assert each.theirs > 0
        assert " ÷ " in each.definition
        assert each.events >= TINY.signed
        # Whatever is not reached says why, in figures of this run.
        assert all(re.search(r"\d", line) for line in each.limits)
        assert each.limits


def test_the_measurement_prints_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(places: Places, kind: str, events: int, sizes: ledger.Sizes) -> list[Figure]:
        return [figure(goal=goal, events=events) for goal in (0.4, 0.6, None)]

    monkeypatch.setattr(ledger, "measure", measured)
    parser = argparse.ArgumentParser()
    ledger.arguments(parser)
    path = tmp_path / "figures.json"
    given = ["--quick", "--turns=2", f"--json={path}", f"--folder={tmp_path}", "--database=sqlite"]
    assert ledger.run(parser.parse_args(given)) == 0
    said = capsys.readouterr().out
    assert said.count("not reached") == 1
    assert said.count("because of the disk") == 2  # not where the goal is reached
    assert "0.50" in said
    assert "0.25–1.00" in said
    found = json.loads(path.read_text("utf-8"))
    assert [each["reached"] for each in found] == [True, False, None]
    assert [each["ratio"] for each in found] == [0.5] * 3
    assert [each["events"] for each in found] == [10_000] * 3
    assert list(tmp_path.iterdir()) == [path]


def figure(*, goal: float | None, events: int = 1) -> Figure:
    """Return a figure of 0.5."""
    rates = [(1.0, 2.0), (1.0, 4.0), (2.0, 2.0)]
    return compared("a", "b ÷ c", rates, events=events, goal=goal, limits=["because of the disk"])


def test_a_figure_is_the_median_of_the_turns() -> None:
    found = figure(goal=0.5)
    assert (found.ratio, found.ours, found.theirs, found.reached) == (0.5, 1.0, 2.0, True)
    assert table([found]).row_count == 1


def test_the_double_holds_the_very_rows_of_the_log(places: Places) -> None:
    with places.bench("sqlite") as bench:
        bench.fill(70, batch=30)
        bench.log.append(bench.drafts.take(5))
        (part,) = bench.parts(100)
        bench.bare.write(part)
        assert bench.parts(100) == []
        assert bench.copied == bench.log.size() == 75
        size = bench.size_bytes()
        assert size > 75 * 500
        assert bench.edge.size == 75


def test_drafts_of_a_writer_follow_one_another() -> None:
    batches = own_drafts(some_events(7), "writer", 3, 5)
    drafts = [draft for batch in batches for draft in batch]
    assert [draft.expected_version for draft in drafts] == list(range(15))
    assert len({draft.idempotency_key for draft in drafts}) == 15
    assert drafts[0].event == drafts[7].event


def test_a_disk_flushes_so_many_blocks_in_a_second(tmp_path: Path) -> None:
    assert flushes_per_s(tmp_path, seconds=0) > 0
    assert list(tmp_path.iterdir()) == []


def test_processor_time_is_told_for_each_of_several() -> None:
    assert microseconds(lambda: sum(range(100_000)), 10, turns=2) > 1
