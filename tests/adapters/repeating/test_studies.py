"""Figures of a study are worked out again from its cases, or what differs is said."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adapters.imaging.determinism import platform_digest
from adapters.inference.reproduction import Outcome
from adapters.repeating.repeated import Repeated
from adapters.repeating.table import repeat
from adapters.studies.case_file import encode_cases
from adapters.studies.evaluation import METHOD, evaluate
from adapters.studies.observations import Cases, Quantity
from domain.events.study import StudyCompleted, StudyPlanApproved, StudyPlanned
from domain.ports import BlobStore
from domain.rules.study import plan_digest
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import StudyId
from domain.values.study import Factor, StudyPlan, judge_study
from domain.values.study_figures import StudyEvaluation
from tests.adapters.repeating.test_table import Altered
from tests.adapters.workers.clinic_day import CLINIC_KEY, ClinicDay, clinic_day
from tests.builders import QUALITY_MANAGER, a_content, a_digest, a_signature
from tests.domain.values.test_study import PLAN

STUDY = StudyId.derived(PLAN.name, PLAN.version)
MANAGER = Actor.practitioner(QUALITY_MANAGER)
RNG = np.random.default_rng(7)
CASES = Cases(
    cases=tuple(
        Quantity(
            case=f"c{number}",
            factors={Factor.ITA_CLASS: ("dark", "light")[number % 2]},
            repeats=tuple(float(number + RNG.normal(0.1, 0.3)) for _ in range(2)),
            reference=float(number),
        )
        for number in range(30)
    )
)
STORED = encode_cases(CASES)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    """Return a clinic."""
    with clinic_day(tmp_path) as opened:
        yield opened


def completed(plan: StudyPlan = PLAN) -> StudyCompleted:
    """Return what the service records of these cases."""
    figures = evaluate(plan, CASES)
    outcomes = judge_study(plan, figures)
    return StudyCompleted(
        data=Digest.of(STORED),
        cases=len(CASES.cases),
        figures=figures,
        outcomes=outcomes,
        passed=all(each.met for each in outcomes),
        report=a_content("report", "application/pdf"),
        software="0.1.0",
        platform=a_digest("where it was measured"),
        run_by=QUALITY_MANAGER,
        evaluation=StudyEvaluation(
            method=METHOD, software="0.1.0", platform=Digest(platform_digest())
        ),
    )


def repeated(
    day: ClinicDay,
    event: StudyCompleted | None = None,
    *,
    plan: StudyPlan = PLAN,
    stored: bytes = STORED,
) -> Repeated:
    """Record a study and repeat it, while the store gives out these cases."""
    signature = a_signature(plan_digest(plan), signer=QUALITY_MANAGER)
    planned = StudyPlanned(study=STUDY, plan=plan, planned_by=QUALITY_MANAGER)
    day.record(STUDY.stream, planned, StudyPlanApproved(signature=signature), by=MANAGER)
    kept = day.keep(STORED, CLINIC_KEY)
    (record,) = day.record(STUDY.stream, event or completed(), by=MANAGER, blobs=(kept,))
    blobs: BlobStore = Altered(day.blobs, Digest.of(STORED), stored)  # type: ignore[assignment]
    found = repeat(day.bench(blobs=blobs), record)
    assert isinstance(found, Repeated)
    return found


@pytest.mark.verifies("DRV-20", "REQ-IN-178")
def test_figures_come_out_the_same_to_the_bit(day: ClinicDay) -> None:
    found = repeated(day)
    assert found.outcome is Outcome.BIT_IDENTICAL
    assert (found.what, found.of) == ("study", STUDY.stream)
    count = len(completed().figures)
    assert found.evidence == f"nothing changed; {count} figures identical"


@pytest.mark.verifies("DRV-20")
def test_one_changed_value_of_one_case_is_found(day: ClinicDay) -> None:
    first = CASES.cases[0]
    assert isinstance(first, Quantity)
    moved = replace(first, repeats=(first.repeats[0] + 0.001, *first.repeats[1:]))
    other = encode_cases(Cases(cases=(moved, *CASES.cases[1:])))
    found = repeated(day, stored=other)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("changed: input:cases; off: bias of all: stated ")


@pytest.mark.verifies("DRV-20")
def test_another_number_of_cases_is_found(day: ClinicDay) -> None:
    found = repeated(day, stored=encode_cases(Cases(cases=CASES.cases[1:])))
    assert found.outcome is Outcome.DIFFERENT
    assert "off: number of cases: stated 30, found 29; cases of all" in found.evidence


@pytest.mark.verifies("DRV-20")
def test_figures_that_never_followed_from_the_cases_are_found(day: ClinicDay) -> None:
    honest = completed()
    figures = tuple(
        replace(each, value=0.125) if each.statistic == "rms" else each for each in honest.figures
    )
    edited = replace(honest, figures=figures, evaluation=None, platform=Digest(platform_digest()))
    found = repeated(day, edited)
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("nothing changed; off: rms of all: stated 0.125, found ")
    assert found.evidence.endswith("; recorded as they were handed in")


@pytest.mark.verifies("DRV-20")
def test_figures_of_another_platform_count_within_the_tolerance(day: ClinicDay) -> None:
    honest = completed()
    assert honest.evaluation is not None
    figures = tuple(replace(each, value=each.value * (1 + 1e-13)) for each in honest.figures)
    elsewhere = replace(honest.evaluation, platform=a_digest("another"), software="0.0.9")
    found = repeated(day, replace(honest, figures=figures, evaluation=elsewhere))
    assert found.outcome is Outcome.WITHIN_TOLERANCE
    assert found.evidence.startswith("changed: software, platform; off: ")


@pytest.mark.verifies("DRV-20")
@pytest.mark.parametrize(
    ("changed", "outcome", "evidence"),
    [
        ({"maximum": 0.001}, Outcome.DIFFERENT, "off: limit 0, all"),
        ({"maximum": 2.5}, Outcome.BIT_IDENTICAL, "figures identical"),
    ],
)
def test_a_changed_limit_is_found_where_it_decides(
    day: ClinicDay, changed: dict[str, float], outcome: Outcome, evidence: str
) -> None:
    limit = replace(PLAN.limits[0], **changed)  # type: ignore[arg-type]
    found = repeated(day, plan=replace(PLAN, limits=(limit, *PLAN.limits[1:])))
    assert found.outcome is outcome
    assert found.evidence.endswith(evidence)


@pytest.mark.verifies("DRV-20")
def test_a_limit_too_many_is_found(day: ClinicDay) -> None:
    found = repeated(day, plan=replace(PLAN, limits=PLAN.limits[:1]))
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence == "nothing changed; off: number of limits asked"


@pytest.mark.verifies("DRV-20")
def test_another_method_is_named(day: ClinicDay) -> None:
    honest = completed()
    assert honest.evaluation is not None
    before = replace(honest.evaluation, method="study-figures/0")
    assert repeated(day, replace(honest, evaluation=before)).evidence.startswith("changed: method;")


def test_what_is_stored_and_no_list_of_cases_counts_as_different(day: ClinicDay) -> None:
    found = repeated(day, stored=b"no cases")
    assert found.outcome is Outcome.DIFFERENT
    assert found.evidence.startswith("not run; MalformedInput: not JSON")


def test_a_result_without_a_plan_cannot_be_repeated(day: ClinicDay) -> None:
    (record,) = day.record(STUDY.stream, completed(), by=MANAGER)
    found = repeat(day.bench(), record)
    assert isinstance(found, Repeated)
    assert found.evidence.startswith("not run; NotFound: no plan is recorded")
