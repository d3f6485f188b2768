"""A study as a document people read: plan, verdict, plots, every figure; PDF/A-3a and PDF/UA-1.

Rules kept here:

1. The same plan, cases and result give the same bytes; the instant is an argument.
2. The verdict stands first, whichever it is, and with it what the cases are and are not.
3. All content reaches the template as text; none of it is read as markup.

Source: Bland and Altman 1986 (the plot); ISO 19005-3:2012; ISO 14289-1:2014.
"""

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import typst

from adapters.reports.typeface import copy_fonts, printable
from domain.errors import MalformedInput
from domain.ledger.canonical import JsonValue
from domain.values.claim import EvidenceSource
from domain.values.content import Digest
from domain.values.study import (
    EVERYBODY,
    LimitOutcome,
    Statistic,
    StudyFigure,
    StudyLimit,
    StudyPlan,
)
from domain.values.time import Instant
from validation.studies.agreement import agreement
from validation.studies.observations import Cases, Origin, Quantity, Sampled, Withheld

TEMPLATE: Final = "report.typ"
MOST_POINTS: Final = 1500
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
    missed = sum(not each.met for each in outcomes)
    verdict = "Every limit was met." if not missed else f"{missed} of {len(outcomes)} were not met."
    return {
        "title": f"{plan.name}, version {plan.version}",
        "evidence": str(plan.evidence),
        "evidence-words": _EVIDENCE[plan.evidence],
        "scope": plan.population,
        "passed": not missed,
        "verdict": verdict,
        "facts": [
            ["Output", f"{plan.output}, in {plan.unit}"],
            ["Method", plan.method],
            ["Cases", f"{_counted(cases)}: {plan.population}"],
            ["Reference", plan.reference],
            *_origin(cases.origin),
            ["Evidence", _EVIDENCE[plan.evidence]],
            ["Fewest cases of a figure", str(plan.fewest_cases)],
            ["Software", software],
            ["Run", str(at)],
            ["Digest of the cases", str(data)],
        ],
        "outcomes": [
            {
                "limit": _limit(plan.limits[each.limit], plan.unit),
                "stratum": _stratum(each.stratum),
                "evidence": each.evidence,
                "met": each.met,
            }
            for each in outcomes
        ],
        "plots": _plots(plan, cases),
        "figures": [_row(each) for each in figures if not _said_elsewhere(each, figures)],
        "method-notes": _NOTES,
    }


def _counted(cases: Cases) -> str:
    places = sum(len(each.places) for each in cases.cases if isinstance(each, Sampled))
    withheld = sum(isinstance(each, Withheld) for each in cases.cases)
    count = f"{len(cases.cases)} heads, {places} places" if places else str(len(cases.cases))
    return f"{count} ({withheld} withheld)" if withheld else count


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
        "name": "not measured" if counts_only else _words(figure.statistic),
        "stratum": _stratum(figure.stratum),
        "value": "" if counts_only else f"{figure.value:.4g} {_unit(figure.unit)}".strip(),
        "interval": ""
        if figure.lower is None or figure.upper is None
        else f"{figure.lower:.4g} to {figure.upper:.4g}",
        "cases": str(figure.cases),
    }


def _plots(plan: StudyPlan, cases: Cases) -> list[JsonValue]:
    pairs = [
        (each.repeats[0], each.reference)
        for each in cases.cases
        if isinstance(each, Quantity) and each.reference is not None
    ]
    if len(pairs) < 3:  # noqa: PLR2004 - fewer say nothing about a spread
        return []
    measured, reference = np.array(pairs).T
    found = agreement(measured, reference)
    means, differences = (measured + reference) / 2, measured - reference
    reach = max(np.abs(differences).max(), abs(found.lower.value), abs(found.upper.value)) * 1.1
    reach = reach or 1.0
    low, high = float(means.min()), float(means.max())
    span = (high - low) or 1.0
    low, high = low - 0.03 * span, high + 0.03 * span

    def upward(value: float) -> float:
        return 0.5 + value / (2 * reach)

    step = -(-len(means) // MOST_POINTS)
    unit = _unit(plan.unit)
    levels: list[JsonValue] = [
        {"y": upward(0.0), "label": "no difference", "strong": False},
        {"y": upward(found.bias.value), "label": f"bias {found.bias.value:.3g}", "strong": True},
        {"y": upward(found.lower.value), "label": f"{found.lower.value:.3g}", "strong": False},
        {"y": upward(found.upper.value), "label": f"{found.upper.value:.3g}", "strong": False},
    ]
    return [
        {
            "title": "Difference from the reference",
            "alt": f"Differences of {len(means)} cases against their means, with bias "
            f"{found.bias.value:.3g} and limits of agreement {found.lower.value:.3g} and "
            f"{found.upper.value:.3g} {unit}.",
            "levels": levels,
            "points": [
                [(float(x) - low) / (high - low), upward(float(y))]
                for x, y in zip(means[::step], differences[::step], strict=True)
            ],
            "marks-x": [
                {"at": share, "label": f"{low + share * (high - low):.3g}"}
                for share in (0.05, 0.35, 0.65, 0.95)
            ],
            "caption": f"Up: measured minus reference, {unit}. Across: their mean, {unit}. Dashed: "
            "no difference and the 95 % limits of agreement."
            + ("" if step == 1 else f" Every {step}th case is drawn."),
        }
    ]


def _limit(limit: StudyLimit, unit: str) -> str:
    shown = _unit("1" if limit.statistic in _SHARES else unit)
    bounds = [
        f"at least {limit.minimum:g}" if limit.minimum is not None else "",
        f"at most {limit.maximum:g}" if limit.maximum is not None else "",
    ]
    words = f"{_words(limit.statistic)} {' and '.join(filter(None, bounds))} {shown}".strip()
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


def _words(statistic: Statistic) -> str:
    short = {"sd": "SD", "rms": "RMS", "icc-2-1": "ICC(2,1)", "icc-3-1": "ICC(3,1)"}
    return short.get(statistic, statistic.replace("-95", ", 95 %").replace("-", " "))


def _stratum(stratum: str) -> str:
    factor, _, level = stratum.partition("=")
    return "everybody" if stratum == EVERYBODY else f"{factor.replace('-', ' ')}: {level}"


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _shown(value: JsonValue) -> JsonValue:
    """Return the same with every text one that the typeface can show."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    return value
