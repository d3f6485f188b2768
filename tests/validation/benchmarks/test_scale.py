"""The measurement at scale writes, verifies and asks, small enough to be run here."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import PREFIX
from validation.benchmarks import scale, scale_report
from validation.benchmarks.clinic_build import Built
from validation.benchmarks.memory import Growth
from validation.benchmarks.scale_report import Measured
from validation.benchmarks.screens import Answered

EVENTS = 1500


def options(*arguments: str) -> argparse.Namespace:
    """Return what the command line gives."""
    parser = argparse.ArgumentParser()
    scale.arguments(parser)
    return parser.parse_args(arguments)


UI = Path(__file__).parents[3] / "ui" / "src"
_ASKED = re.compile(r'GET\("(/[^"]*)"')


# One stored file, whatever the size of the record; the invented years store none.
_FILES = {"/model-releases/{release}/manifest", "/depth-maps/{digest}/plane"}


def asked_by_screens() -> set[str]:
    """Return every path that the web interface reads from tables."""
    sources = [*UI.rglob("*.ts"), *UI.rglob("*.tsx")]
    asked = {path for each in sources for path in _ASKED.findall(each.read_text("utf-8"))}
    assert asked >= _FILES
    return asked - _FILES


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_everything_is_measured_on_a_small_clinic(
    database: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    send = httpx.AsyncClient.send

    async def noted(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:  # noqa: ANN401
        asked.append(request.url.path.removeprefix(PREFIX))
        return await send(self, request, **more)

    monkeypatch.setattr(httpx.AsyncClient, "send", noted)
    folder, figures = tmp_path / "clinic", tmp_path / "figures.json"
    # PostgreSQL may run as another user, who does not pass through a test's folder.
    place = [f"--folder={folder}"] if database == "sqlite" else []
    given = options(
        f"--events={EVENTS}", "--sessions=95", f"--database={database}", "--times=1",
        f"--json={figures}", *place,
    )  # fmt: skip
    assert scale.run(given) in {0, 1}  # this machine may be busy
    (found,) = json.loads(figures.read_text("utf-8"))
    built = found["built"]
    assert built["events"] > EVENTS  # there were not enough sessions yet
    assert built["sessions"] >= 95
    assert sum(built["append_records"]) == built["events"]
    assert all(each > 0 for each in built["bare_s"])
    assert sum(built["young_records"][:90]) == 0
    assert all(each > 0 for each in built["young_s"][90:])
    # The young record begins when the old one's last tenth does, and is as long as that.
    assert sum(built["young_records"]) >= sum(built["append_records"][90:])
    assert set(built["memory_mb"]) == {"10", "50", "90"}
    assert [each["phase"] for each in found["growths"]] == ["writing", "verifying", "rebuilding"]
    for path in asked_by_screens():
        wanted = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path))
        assert any(map(wanted.fullmatch, asked)), path
    assert all(each["p95_ms"] > 0 for each in found["answers"])
    assert len(found["answers"]) > 20
    said = capsys.readouterr().out
    assert f"{built['events']:,} events, {built['sessions']:,} sessions" in said
    assert "audit trail, a deep page" in said
    assert not folder.exists()


def long_record(append_s: list[float], *, young_s: float, bare_s: float = 0.5) -> Built:
    """Return what writing two hundred thousand records took, part by part."""
    parts = len(append_s)
    return Built(
        events=200_000,
        clients=10,
        keys_s=1.0,
        append_s=append_s,
        append_records=[2_000] * parts,
        bare_s=[bare_s] * parts,
        young_s=[0.0] * 90 + [young_s] * (parts - 90),
        young_records=[0] * 90 + [2_000] * (parts - 90),
    )


def measured(**other: Any) -> Measured:  # noqa: ANN401
    """Return a measurement that keeps every bound, but for what is given."""
    built = long_record([1.0] * 100, young_s=1.0)
    good: dict[str, Any] = {
        "database": "sqlite", "built": built, "verified_s": 1.0, "caught_up_s": 1.0,
        "rebuilt_s": 1.0, "processes": 2, "log_bytes": 1, "all_bytes": 1, "growths": [],
        "answers": [],
    }  # fmt: skip
    return Measured(**(good | other))


def test_bounds_that_are_kept_break_nothing() -> None:
    assert scale_report.broken(measured()) == []


def test_every_bound_that_is_broken_is_named() -> None:
    built = long_record([1.0] * 90 + [1.2] * 10, young_s=1.0)
    grows = Growth(phase="rebuilding", tenth_mb=10, whole_mb=500)
    follows = Growth(phase="verifying", tenth_mb=10, whole_mb=500, more_streams=1_200_000)
    slow = Answered(question="worklist", p50_ms=90, p95_ms=140, slowest_ms=150)
    found = scale_report.broken(measured(built=built, growths=[grows, follows], answers=[slow]))
    assert len(found) == 4
    assert "0.83 of the rate of a first" in found[0]
    assert "0.83 of what the bare INSERT" in found[1]
    assert "rebuilding" in found[2]
    assert "worklist took 140 ms" in found[3]


def test_a_machine_that_grows_slow_is_told_apart_from_a_record_that_does() -> None:
    slower = [1.0] * 90 + [1.5] * 10
    machine = long_record(slower, young_s=1.5)
    machine.bare_s = [each / 2 for each in slower]
    assert scale_report.broken(measured(built=machine)) == []
    said = "\n".join(scale_report.report(measured(built=machine)))
    assert "of a young record, in turn: 1.00" in said
    assert "minutes apart: 0.67; bare INSERT of the same rows: 0.67; ours beside it: 1.00" in said
    # Without a young record beside it nothing excuses the machine.
    machine.young_s = []
    assert len(scale_report.broken(measured(built=machine))) == 1
    # What the database itself loses as the record grows is no excuse.
    record = long_record(slower, young_s=1.0)
    record.bare_s = machine.bare_s
    (broken,) = scale_report.broken(measured(built=record))
    assert broken == "the last tenth was appended at 0.67 of the rate of a first"


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path) -> None:
    given = options("--quick", "--database=sqlite", f"--folder={tmp_path}")
    with pytest.raises(FileExistsError):
        scale.run(given)
    assert tmp_path.exists()
