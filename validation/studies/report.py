"""A study as a document people read: plan, verdict, plots, every figure; PDF/A-3a and PDF/UA-1.

Rules kept here:

1. The same plan, cases and result give the same bytes; the instant is an argument.
2. The verdict stands first, whichever it is, and with it what the cases are and are not.
3. All content reaches the template as text; none of it is read as markup.

Source: ISO 19005-3:2012; ISO 14289-1:2014.
"""

import json
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from adapters.reports.typeface import copy_fonts, printable
from adapters.studies.observations import Cases, Origin, Sampled, Withheld
from domain.errors import MalformedInput
from domain.ledger.canonical import JsonValue
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import (
    LimitOutcome,
    Statistic,
    StudyFigure,
    StudyLimit,
    StudyPlan,
)
from domain.values.time import Instant
from validation.studies.plots import plots
from validation.studies.wording import statistic_words, stratum_words, unit_words

TEMPLATE: Final = "report.typ"
_MOST_GROUNDS: Final = 6
_MICROSECONDS: Final = 1_000_000
_EVIDENCE: Final = {
    EvidenceSource.RGB: "Evidence about pictures; it says nothing about depth or volume.",
    EvidenceSource.DEPTH: "Evidence about depth; it says nothing about appearance.",
}
_NOTES: Final = (
    "Bias is measured minus reference. Limits of agreement: bias ± 1.96 standard deviations (Bland "
    "and Altman 1986). Technical error: within-case standard deviation (Dahlberg). Minimal "
    "detectable change: 1.96 √2 standard errors of measurement. ICC after Shrout and Fleiss 1979; "
    "kappa with quadratic weights (Cohen 1968); shares with Wilson's interval. Where a head was "
    "measured at many places, the head is the case: figures are of single places, intervals of "
    "heads (Bland and Altman 2007). What a release withholds is counted as a case and is behind no "
    "figure."
)


def render_study(
    plan: StudyPlan,
    cases: Cases,
    figures: Sequence[StudyFigure],
    outcomes: Sequence[LimitOutcome],
    *,
    data: Digest,
    software: str,
    at: Instant,
) -> bytes:
    """Return the report as PDF.

    Args:
        plan: What was laid down.
        cases: What was measured.
        figures: Every figure.
        outcomes: Whether each limit was met.
        data: Digest of the cases.
        software: Version of what measured.
        at: When it was run.

    Raises:
        MalformedInput: the document cannot be made of it.
        Unavailable: the typeface is not installed.
    """
    placed = _shown(_place(plan, cases, figures, outcomes, data=data, software=software, at=at))
    template = resources.files("validation.studies").joinpath(TEMPLATE).read_bytes()
    with TemporaryDirectory(prefix="vultus-fonts-") as folder:
        copy_fonts(Path(folder))
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder]
        )
        compiler = typst.Compiler(template, root=folder, font_paths=fonts, ignore_system_fonts=True)
        try:
            document, warnings = compiler.compile_with_warnings(
                format="pdf",
                sys_inputs={"study": json.dumps(placed, ensure_ascii=False)},
                pdf_standards=["a-3a", "ua-1"],
                timestamp=at.us // _MICROSECONDS,
            )
        except typst.TypstError as error:
            raise MalformedInput(f"the study's report cannot be made: {error.message}") from error
    if warnings or not isinstance(document, bytes):
        raise MalformedInput("; ".join(each.message for each in warnings))
    return document


def _place(
    plan: StudyPlan,
    cases: Cases,
    figures: Sequence[StudyFigure],
    outcomes: Sequence[LimitOutcome],
    *,
    data: Digest,
    software: str,
    at: Instant,
) -> dict[str, JsonValue]:
    missed = [each for each in outcomes if not each.met]
    verdict = f"{len(missed)} of {len(outcomes)} were not met."
    unmeasured = sum(each.evidence.startswith("not measured") for each in missed)
    if not missed:
        verdict = "Every limit was met."
    elif unmeasured:
        verdict = f"{verdict} Of these, {unmeasured} could not be measured."
    return {
        "title": f"{plan.name}, version {plan.version}",
        "evidence": str(plan.evidence),
        "evidence-words": _EVIDENCE[plan.evidence],
        "scope": plan.population,
        "passed": not missed,
        "verdict": verdict,
        "facts": [
            ["Output", plan.output + (f", in {plan.unit}" if unit_words(plan.unit) else "")],
            ["Method", plan.method],
            ["Cases", f"{_counted(cases)}: {plan.population}"],
            ["Reference", plan.reference],
            *_origin(cases.origin),
            *_withheld(cases),
            ["Evidence", _EVIDENCE[plan.evidence]],
            ["Fewest cases of a figure", str(plan.fewest_cases)],
            ["Software", software],
            ["Run", str(at)],
            ["Digest of the cases", str(data)],
        ],
        "outcomes": [
            {
                "limit": _limit(plan.limits[each.limit], plan.unit),
                "stratum": stratum_words(each.stratum),
                "evidence": each.evidence,
                "met": each.met,
            }
            for each in outcomes
        ],
        "plots": plots(plan, cases, figures),
        "figures": [_row(each) for each in figures if not _said_elsewhere(each, figures)],
        "method-notes": _NOTES,
    }


def _counted(cases: Cases) -> str:
    places = sum(len(each.places) for each in cases.cases if isinstance(each, Sampled))
    withheld = sum(isinstance(each, Withheld) for each in cases.cases)
    count = f"{len(cases.cases)} heads, {places} places" if places else str(len(cases.cases))
    return f"{count} ({withheld} withheld)" if withheld else count


def _withheld(cases: Cases) -> list[JsonValue]:
    """Return why cases have no value, each ground once, with how many have it."""
    grounds = Counter(each.why for each in cases.cases if isinstance(each, Withheld))
    if not grounds:
        return []
    shown = [f"{why} ({count})" for why, count in sorted(grounds.items())]
    rest = [f"and {len(shown) - _MOST_GROUNDS} more"] if len(shown) > _MOST_GROUNDS else []
    return [["Withheld", "; ".join([*shown[:_MOST_GROUNDS], *rest])]]


def _origin(origin: Origin | None) -> list[JsonValue]:
    """Return where the cases come from, as they say themselves, beside what the plan says."""
    if origin is None:
        return [["Source of the cases", "not stated with the cases; the plan alone speaks of them"]]
    facts: list[JsonValue] = [["Source of the cases", origin.source]]
    if origin.labelled_by is not None:
        facts.append(["Labelled by", origin.labelled_by])
    if origin.manifest is not None:
        facts.append(["Digest of the manifest", str(origin.manifest)])
    return facts


def _said_elsewhere(figure: StudyFigure, figures: Sequence[StudyFigure]) -> bool:
    """Return whether a count of cases stands beside other figures of its stratum anyway."""
    return figure.statistic is Statistic.CASES and any(
        other.stratum == figure.stratum and other.statistic is not Statistic.CASES
        for other in figures
    )


def _row(figure: StudyFigure) -> dict[str, JsonValue]:
    counts_only = figure.statistic is Statistic.CASES
    return {
        "name": "not measured" if counts_only else statistic_words(figure.statistic),
        "stratum": stratum_words(figure.stratum),
        "value": "" if counts_only else f"{figure.value:.4g} {unit_words(figure.unit)}".strip(),
        "interval": ""
        if figure.lower is None or figure.upper is None
        else f"{figure.lower:.4g} to {figure.upper:.4g}",
        "cases": str(figure.cases),
    }


def _limit(limit: StudyLimit, unit: str) -> str:
    shown = unit_words("1" if limit.statistic in _SHARES else unit)
    bounds = [
        f"at least {limit.minimum:g}" if limit.minimum is not None else "",
        f"at most {limit.maximum:g}" if limit.maximum is not None else "",
    ]
    words = (
        f"{statistic_words(limit.statistic)} {' and '.join(filter(None, bounds))} {shown}".strip()
    )
    return f"{words}, whole interval" if limit.whole_interval else words


_SHARES: Final = frozenset(
    {
        Statistic.ICC_2_1,
        Statistic.ICC_3_1,
        Statistic.DICE,
        Statistic.JACCARD,
        Statistic.KAPPA,
        Statistic.SENSITIVITY,
        Statistic.SPECIFICITY,
    }
)


def _shown(value: JsonValue) -> JsonValue:
    """Return the same with every text one that the typeface can show."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    return value
