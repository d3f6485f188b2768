"""A study's report: the same bytes every time, with verdict, limits and every figure."""

from dataclasses import replace

import numpy as np
import pypdfium2
import pytest

from adapters.studies.case_file import encode_cases
from adapters.studies.evaluation import evaluate
from adapters.studies.observations import Cases, Quantity
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import Factor, StudyPlan, judge_study
from domain.values.time import ServerTime
from tests.domain.values.test_study import PLAN
from validation.studies.report import render_study

AT = ServerTime(1_790_000_000_000_000)
RNG = np.random.default_rng(2)
CASES = Cases(
    cases=tuple(
        Quantity(
            case=f"c{number}",
            factors={Factor.ITA_CLASS: ("dark", "light")[number % 2]},
            repeats=tuple(float(number + RNG.normal(0.2, 0.3)) for _ in range(2)),
            reference=float(number),
        )
        for number in range(30)
    )
)


def rendered(plan: StudyPlan = PLAN, cases: Cases = CASES) -> bytes:
    figures = evaluate(plan, cases)
    return render_study(
        plan,
        cases,
        figures,
        judge_study(plan, figures),
        data=Digest.of(encode_cases(cases)),
        software="0.1.0",
        at=AT,
    )


def text_of(document: bytes) -> str:
    pages = pypdfium2.PdfDocument(document)
    return "\n".join(page.get_textpage().get_text_bounded() for page in pages)


def test_the_same_study_gives_the_same_bytes() -> None:
    assert rendered() == rendered()


@pytest.mark.verifies("REQ-IN-179")
@pytest.mark.verifies("REQ-IN-180")
@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        (EvidenceSource.RGB, "nothing about depth"),
        (EvidenceSource.DEPTH, "nothing about appearance"),
    ],
)
def test_it_says_what_it_is_evidence_about_and_what_not(
    evidence: EvidenceSource, says: str
) -> None:
    assert says in text_of(rendered(replace(PLAN, evidence=evidence)))


def test_verdict_limits_strata_and_figures_are_in_it() -> None:
    shown = text_of(rendered())
    assert "Every limit was met." in shown
    for words in ("ita class: dark", "lower limit of agreement", "ICC(2,1)", "simulated heads"):
        assert words in shown


def test_a_limit_that_was_missed_stands_first() -> None:
    strict = replace(PLAN, limits=(replace(PLAN.limits[0], maximum=0.001),))
    assert "1 of 1 were not met." in text_of(rendered(strict))


def test_markup_in_words_stays_words() -> None:
    odd = replace(PLAN, name="#panic() $x$ *bold* 中")
    assert "#panic() $x$ *bold* [U+4E2D]" in text_of(rendered(odd))


def test_cases_without_reference_have_no_plot() -> None:
    alone = Cases(
        cases=tuple(
            replace(each, reference=None) for each in CASES.cases if isinstance(each, Quantity)
        )
    )
    assert "Difference from the reference" not in text_of(rendered(cases=alone))
