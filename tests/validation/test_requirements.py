"""The baseline is whole and permanent, and where a requirement stands follows from tests alone."""

import json
from pathlib import Path

import pytest

from domain.errors import MalformedInput
from validation.requirements import (
    Kind,
    Method,
    Requirement,
    State,
    join_reports,
    load_baseline,
    read_outcomes,
    standings,
    table,
)

_ENTRY = """
[[requirement]]
id = "DRV-01"
statement = "The system shall keep what it was told."
verify = ["test"]
kind = "software"
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "requirements.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_baseline_has_every_number_once() -> None:
    numbers = [*range(1, 220), *range(348, 351), *range(452, 459), 500, 544]
    expected = [f"REQ-IN-{number:03}" for number in numbers]
    expected += [f"DRV-{number:02}" for number in range(1, 36)]
    assert list(load_baseline()) == expected


def test_an_entry_is_read_as_it_stands(tmp_path: Path) -> None:
    assert load_baseline(_written(tmp_path, _ENTRY)) == {
        "DRV-01": Requirement(
            number="DRV-01",
            statement="The system shall keep what it was told.",
            verify=(Method.TEST,),
            kind=Kind.SOFTWARE,
        )
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_ENTRY + _ENTRY, "stands twice"),
        (_ENTRY.replace("DRV-01", "DRV-1"), "no requirement number"),
        (_ENTRY.replace("shall", "should"), "no sentence of the form"),
        (_ENTRY.replace('["test"]', "[]"), "no way to verify"),
        (_ENTRY.replace('["test"]', '["belief"]'), "belief"),
        (_ENTRY.replace("software", "cloud"), "cloud"),
        (_ENTRY + 'state = "done"\n', "has the fields"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(MalformedInput, match=reason):
        load_baseline(_written(tmp_path, text))


def test_one_failed_or_skipped_test_leaves_a_requirement_unverified(tmp_path: Path) -> None:
    second = _ENTRY.replace("DRV-01", "DRV-02")
    third = _ENTRY.replace("DRV-01", "DRV-03")
    fourth = _ENTRY.replace("DRV-01", "DRV-04")
    baseline = load_baseline(_written(tmp_path, _ENTRY + second + third + fourth))
    found = standings(
        baseline,
        {
            "DRV-01": {"b": "passed", "a": "passed"},
            "DRV-02": {"a": "passed", "c": "failed"},
            "DRV-03": {"d": "skipped"},
        },
    )
    assert [one.state for one in found] == [
        State.VERIFIED,
        State.FAILED,
        State.FAILED,
        State.UNTESTED,
    ]
    assert found[0].tests == ("a", "b")
    text = table(found)
    assert "DRV-01      verified    2 tests  The system shall keep what it was told." in text
    assert "Named by no test yet:\n  DRV-04\n" in text
    assert text.endswith("4 requirements: 1 verified, 2 failed, 1 untested")


def test_outcomes_are_read_from_the_report_of_a_run(tmp_path: Path) -> None:
    report = tmp_path / "verification.json"
    report.write_text('{"requirements": {"DRV-01": {"a": "passed"}}, "tests": {}}', "utf-8")
    assert read_outcomes(report) == {"DRV-01": {"a": "passed"}}


def test_a_run_in_parts_is_reported_as_one_and_a_missing_part_tested_nothing(
    tmp_path: Path,
) -> None:
    parts = [tmp_path / name for name in ("one.json", "two.json", "never-run.json")]
    for path, test, outcome in ((parts[0], "a", "passed"), (parts[1], "b", "failed")):
        tests = {"passed": int(outcome == "passed"), "failed": int(outcome == "failed")}
        path.write_text(
            json.dumps({"tests": tests, "requirements": {"DRV-01": {test: outcome}}}), "utf-8"
        )
    join_reports(parts, whole := tmp_path / "whole.json")
    assert read_outcomes(whole) == {"DRV-01": {"a": "passed", "b": "failed"}}
    assert json.loads(whole.read_text("utf-8"))["tests"] == {"passed": 1, "failed": 1}
