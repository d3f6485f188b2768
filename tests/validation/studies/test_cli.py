"""``vultus study``, as people run it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.studies.case_file import decode_cases, encode_cases
from domain.events.codec import from_plain, to_plain
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.study import Factor, StudyPlan
from tests.domain.values.test_study import PLAN
from tests.validation.studies.test_report import CASES
from validation.studies.cli import LIMIT_MISSED, NOT_RUN, main
from validation.studies.measured import MEASURED
from validation.studies.plans import PLANS


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    plan = replace(PLAN, method=MEASURED["ita"].method)
    path.write_bytes(canonical.encode(to_plain(plan)))
    return path


def test_plans_are_listed_and_printed_as_they_are_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in PLANS)
    assert main(["plan", "depth"]) == 0
    printed = capsys.readouterr().out
    assert from_plain(StudyPlan, json.loads(printed)) == PLANS["depth"]


def test_a_study_of_given_cases_leaves_cases_result_and_report(
    plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases, out = tmp_path / "cases.json", tmp_path / "out"
    cases.write_bytes(encode_cases(CASES))
    assert main(["run", str(plan_file), "--cases", str(cases), "--out", str(out)]) == 0
    result = json.loads((out / "result.json").read_bytes())
    assert result["data"] == Digest.of((out / "cases.json").read_bytes())
    assert decode_cases((out / "cases.json").read_bytes()) == CASES
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "MISSED" not in capsys.readouterr().out
    assert main(["run", str(plan_file), "--cases", str(cases), "--out", str(out)]) == NOT_RUN
    assert "study.out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("--cases", {"strata": (Factor.ITA_CLASS, Factor.DEVICE)}, "study.strata"),
        ("--size", {"method": "skin-colour 9.0.0"}, "study.measured"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before_it_is_reported(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    changed: dict[str, Any],
    said: str,
) -> None:
    plan, cases, out = tmp_path / "plan.json", tmp_path / "cases.json", tmp_path / "out"
    plan.write_bytes(canonical.encode(to_plain(replace(PLAN, **changed))))
    cases.write_bytes(encode_cases(CASES))
    given = str(cases) if name == "--cases" else "preview"
    assert main(["run", str(plan), name, given, "--out", str(out)]) == NOT_RUN
    assert said in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.verifies("REQ-IN-174")
@pytest.mark.verifies("REQ-IN-176")
def test_the_simulated_population_is_measured_out_of_the_box(tmp_path: Path) -> None:
    asked = ["--people", "1", "--repeats", "2", "--size", "preview", "--cache", str(tmp_path)]
    code = main(["run", "depth", "--out", str(tmp_path / "out"), *asked])
    result = json.loads((tmp_path / "out" / "result.json").read_bytes())
    strata = {each["stratum"] for each in result["figures"]}
    assert {f"ita-class={tone}" for tone in ("very-light", "dark", "brown", "tan")} <= strata
    assert any(stratum.startswith("age-band=") for stratum in strata)
    assert code in (0, LIMIT_MISSED)  # at this size the limits are not what is tested
