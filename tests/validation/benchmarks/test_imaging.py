"""The table of imaging: every part measures, and a figure is held against its bounds."""

from argparse import ArgumentParser
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from adapters.imaging.depth import METHOD, DepthMap
from device.simulation.rig import FULL, Resolution
from validation.benchmarks import imaging, imaging_rendering
from validation.benchmarks.imaging import measured, table_of
from validation.benchmarks.imaging_depth import Errors
from validation.benchmarks.imaging_row import Extent, Row

SMALL = Resolution(columns=480, rows=640)
TINY = Resolution(columns=120, rows=160)


@pytest.mark.slow
def test_every_row_of_depth_is_measured_and_shown() -> None:
    rows = measured("depth", Extent(resolution=SMALL, quick=True))
    by_metric = {row.metric: row for row in rows}
    assert all(np.isfinite(row.measured) for row in rows)
    assert by_metric["depth median error, core, light skin"].measured < 1
    assert by_metric["valid and within 2 mm, core, dark skin"].measured > 0.8
    out = StringIO()
    Console(file=out, width=200).print(table_of("depth", rows))
    assert "pair to depth, 2 cores" in out.getvalue()


@pytest.mark.slow
def test_the_speed_of_rendering_has_a_row_for_previews_and_for_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imaging_rendering, "PREVIEW", TINY)
    extent = Extent(resolution=TINY, quick=True, cache=tmp_path)
    by_metric = {row.metric: row for row in measured("rendering", extent)}
    assert list(by_metric) == [
        "a head made anew",
        "preview frames per second, a face that moves",
        "preview frames per second, a face held still",
        "a pair rendered anew",
        "a pair from the folder",
    ]
    for row in by_metric.values():
        assert row.measured > 0
        assert row.firm is not None
        assert row.goal is not None
        assert row.least is (row.unit == "1/s")
        assert row.goal >= row.firm if row.least else row.goal <= row.firm
        assert row.remark
    assert "120 x 160 pixels, both cameras" in by_metric["a pair rendered anew"].remark
    assert not list(tmp_path.iterdir()), "nothing kept for others is used or changed"


def test_a_row_reaches_its_bounds_from_the_right_side() -> None:
    low = Row(metric="error", firm=0.15, goal=0.1, measured=0.12, unit="mm")
    high = Row(metric="share", firm=0.97, measured=0.96, unit="1", least=True)
    assert (low.reaches(low.firm), low.reaches(low.goal)) == (True, False)
    assert high.reaches(high.firm) is False
    assert high.reaches(high.goal) is None
    assert Extent(resolution=FULL).full


def test_completeness_counts_what_is_valid_and_right_of_the_whole_core() -> None:
    exact = np.full((2, 2), 450.0)
    depth_mm = np.array([[450.1, 455.0], [449.9, np.nan]], np.float32)
    depth = DepthMap(
        depth_mm=depth_mm,
        valid=np.isfinite(depth_mm),
        step=2,
        method=METHOD,
        sigma_mm=np.full((2, 2), 0.1, np.float32),
    )
    errors = Errors()
    errors.add(depth, exact, np.ones((2, 2), np.bool_), np.ones((2, 2), np.bool_))
    assert errors.completeness == 0.5
    assert errors.median_mm == pytest.approx(0.1, abs=1e-4)


def test_each_part_is_printed_when_it_is_measured_and_a_long_one_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []

    def rows(name: str, extent: Extent) -> tuple[Row, ...]:
        extent.progress(f"half of {name}")
        said = capsys.readouterr()
        printed.append(said.out)
        assert said.err == f"half of {name}\n"
        return (Row(metric=name, measured=1.0, unit="mm"),)

    monkeypatch.setattr(imaging, "measured", rows)
    parser = ArgumentParser()
    imaging.arguments(parser)
    assert imaging.run(parser.parse_args(["--size", "demo"])) == 0
    assert all(name in part for name, part in zip(imaging.PARTS, printed[1:], strict=False))
    assert "for orientation only" in capsys.readouterr().out
