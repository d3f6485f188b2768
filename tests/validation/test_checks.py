"""One command runs every check; one failure neither hides another nor passes for success."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from validation import checks
from validation.checks import CHECKS, Check, Result, main, run_checks, run_tests
from validation.requirements import load_baseline


def _check(name: str, *, passed: bool, output: str = "") -> Check:
    result = Result(passed=passed, output=output)
    return Check(name=name, ensures=f"that {name}", run=lambda: result)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Sequence[str]]:
    """Return what pytest was asked for, by commands that run no tests but count one success."""
    asked: list[Sequence[str]] = []

    def run(arguments: Sequence[str], *, report: Path, measured: bool) -> Mapping[str, int]:
        asked.append([*arguments, *(["measured"] if measured else [])])
        report.write_text(
            json.dumps(
                {"tests": {"passed": 1}, "requirements": {"DRV-01": {report.name: "passed"}}}
            ),
            "utf-8",
        )
        return {"passed": 1, "failed": 0, "skipped": 0}

    monkeypatch.setattr(checks, "run_tests", run)
    monkeypatch.setattr(checks, "REPORT", tmp_path / "verification.json")
    monkeypatch.setattr(checks, "CHECKS", (_check("types", passed=True), _check("ui", passed=True)))
    monkeypatch.setattr(checks, "COVERAGE_CHECK", _check("coverage", passed=True))
    monkeypatch.chdir(tmp_path)
    return asked


def _vultus(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["vultus", *arguments])
    return main()


def test_every_check_runs_and_is_reported_although_another_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = _check("first", passed=False, output="line 1\nline 2")
    assert run_checks([first, _check("second", passed=True)]) == {"first": False, "second": True}
    output = capsys.readouterr().out
    assert "FAILED    0.0 s  first    that first\n    line 1\n    line 2\n" in output
    assert "ok        0.0 s  second   that second\n" in output


def test_a_whole_run_ends_with_what_was_verified_and_counted(
    told: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = len(load_baseline())
    assert _vultus(monkeypatch, "test") == 0
    assert told == [["tests/domain", "measured"], ["--ignore=tests/domain"]]
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f"{known} requirements: 1 verified, 0 failed, {known - 1} untested",
        "5 passed, 0 failed",
    ]
    assert _vultus(monkeypatch, "check", "requirements") == 0
    assert "DRV-01      verified    2 tests" in capsys.readouterr().out


def test_a_failed_check_fails_the_run_although_every_test_passed(
    told: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(checks, "COVERAGE_CHECK", _check("coverage", passed=False))
    assert _vultus(monkeypatch, "test") == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Failed checks: coverage",
        "4 passed, 1 failed",
    ]
    assert told


def test_a_fast_run_says_what_it_left_out(
    told: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _vultus(monkeypatch, "test", "--fast") == 0
    assert told == [["-m", "not browser and not slow"]]
    output = capsys.readouterr().out
    assert " ui " not in output
    assert output.splitlines()[-2:] == [
        "Left out: the web interface, tests in a browser, slow tests, coverage",
        "2 passed, 0 failed",
    ]


def test_patterns_are_places_where_they_exist_and_words_otherwise(
    told: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _vultus(monkeypatch, "test", "tests/validation", "chain", "proof") == 0
    assert told == [["tests/validation", "-k", "chain or proof"]]


def test_a_run_without_any_test_is_a_failure(tmp_path: Path) -> None:
    counts = run_tests(["-n0", str(tmp_path)], report=tmp_path / "report", measured=False)
    assert counts == {"passed": 0, "failed": 1, "skipped": 0}


def test_a_check_of_no_known_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        _vultus(monkeypatch, "check", "stars")


def test_named_checks_run_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _vultus(monkeypatch, "check", "pins") == 0
    assert capsys.readouterr().out.endswith("1 passed, 0 failed\n")
    assert {check.name for check in CHECKS} >= {"types", "style", "format", "layers", "ui", "pins"}
