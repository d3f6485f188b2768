"""The measurement at scale writes, verifies and asks, small enough to be run here."""

import argparse
import json
from pathlib import Path

import pytest

from validation.benchmarks import scale

EVENTS = 1500


def options(*arguments: str) -> argparse.Namespace:
    """Return what the command line gives."""
    parser = argparse.ArgumentParser()
    scale.arguments(parser)
    return parser.parse_args(arguments)


def test_everything_is_measured_on_a_small_clinic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, figures = tmp_path / "clinic", tmp_path / "figures.json"
    given = options(
        f"--events={EVENTS}", "--database=sqlite", "--times=1", f"--folder={folder}",
        f"--json={figures}",
    )  # fmt: skip
    assert scale.run(given) == 0
    (found,) = json.loads(figures.read_text("utf-8"))
    assert found["built"]["events"] == EVENTS
    assert len(found["built"]["append_s"]) == 10
    assert set(found["built"]["memory_mb"]) == {"10", "50", "100"}
    assert all(each["p95_ms"] > 0 for each in found["answers"])
    assert len(found["answers"]) > 20
    said = capsys.readouterr().out
    assert f"{EVENTS:,} events" in said
    assert "audit trail, a deep page" in said
    assert not folder.exists()


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    given = options("--quick", "--database=sqlite", f"--folder={tmp_path}")
    with pytest.raises(FileExistsError):
        scale.run(given)
    assert tmp_path.exists()
