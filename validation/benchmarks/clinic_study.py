"""A study of the invented clinic, as large as one by skin tone, age and light is.

Rule kept here: figures are invented for a measurement of speed; whether they meet their limits is
worked out as it is for every study.
"""

from collections.abc import Iterator

from adapters.studies.evaluation import METHOD
from domain.events.study import StudyCompleted, StudyConfirmed, StudyPlanApproved, StudyPlanned
from domain.rules.study import plan_digest, result_digest
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import StudyId
from domain.values.signature import Meaning
from domain.values.study import EVERYBODY, Factor, Statistic, StudyFigure, judge_study
from domain.values.study_figures import StudyEvaluation
from validation.benchmarks.clinic_house import QUALITY, House
from validation.benchmarks.clinic_scribe import Deed, Scribe
from validation.studies.plans import SKIN_TONE

STUDY = StudyId.derived(SKIN_TONE.name, SKIN_TONE.version)
CASES = 54
_LEVELS = {
    Factor.ITA_CLASS: ("very-light", "light", "intermediate", "tan", "brown", "dark"),
    Factor.AGE_BAND: ("20-39", "40-59", "60-79"),
    Factor.LIGHTING: ("standard", "dim", "warm"),
}


def hold_study(house: House, scribe: Scribe) -> Iterator[Deed]:
    """Yield how a study is planned, approved, run and confirmed."""
    author, second = QUALITY
    planned = StudyPlanned(study=STUDY, plan=SKIN_TONE, planned_by=author)
    yield scribe.write(Actor.practitioner(author), STUDY.stream, [planned])
    proof, signature = house.signature(second, plan_digest(SKIN_TONE), Meaning.APPROVED)
    yield proof
    approved = StudyPlanApproved(signature=signature)
    yield scribe.write(Actor.practitioner(second), STUDY.stream, [approved])
    scribe.pass_time(600, 900)
    figures = _figures()
    outcomes = judge_study(SKIN_TONE, figures)
    completed = StudyCompleted(
        data=Digest.of(b"the benchmark's cases"),
        cases=CASES,
        figures=figures,
        outcomes=outcomes,
        passed=all(each.met for each in outcomes),
        report=scribe.content("application/pdf", 200_000),
        software="0.1.0",
        platform=Digest.of(b"platform"),
        run_by=author,
        evaluation=StudyEvaluation(
            method=METHOD, software="0.1.0", platform=Digest.of(b"platform")
        ),
    )
    yield scribe.write(Actor.practitioner(author), STUDY.stream, [completed])
    proof, signature = house.signature(second, result_digest(completed), Meaning.APPROVED)
    yield proof
    confirmed = StudyConfirmed(signature=signature)
    yield scribe.write(Actor.practitioner(second), STUDY.stream, [confirmed])


def _figures() -> tuple[StudyFigure, ...]:
    strata = [EVERYBODY, *(f"{factor}={each}" for factor in _LEVELS for each in _LEVELS[factor])]
    counts = [(EVERYBODY, CASES)] + [
        (f"{factor}={each}", CASES // len(levels))
        for factor, levels in _LEVELS.items()
        for each in levels
    ]
    counted = tuple(
        StudyFigure(
            statistic=Statistic.CASES,
            stratum=stratum,
            value=float(count),
            lower=None,
            upper=None,
            unit="1",
            cases=count,
        )
        for stratum, count in counts
    )
    return counted + tuple(
        StudyFigure(
            statistic=statistic,
            stratum=stratum,
            value=0.95,
            lower=0.9,
            upper=0.99,
            unit="1" if statistic is Statistic.ICC_2_1 else SKIN_TONE.unit,
            cases=CASES,
        )
        for stratum in strata
        for statistic in (
            Statistic.BIAS,
            Statistic.SD,
            Statistic.RMS,
            Statistic.LOWER_LIMIT,
            Statistic.UPPER_LIMIT,
            Statistic.SEM,
            Statistic.ICC_2_1,
        )
    )
