"""The plots of a study's report, as numbers for the template: every place is a share of the plot.

Rules kept here:

1. A plot shows what figures say and nothing else; what was not measured has its row and says so.
2. Everything drawn is also said in words, for who does not see it.
3. Met and missed differ by shape, not by colour alone.

Source: Bland and Altman 1986 (differences against means).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from adapters.studies.agreement import FEWEST_PAIRS, agreement
from adapters.studies.evaluation import dice
from adapters.studies.observations import Cases, Classified, Sampled, Segmented, pairs
from adapters.studies.sampled import sampled_agreement
from domain.ledger.canonical import JsonValue
from domain.values.study import (
    EVERYBODY,
    Statistic,
    StudyFigure,
    StudyLimit,
    StudyPlan,
    counted_cases,
)
from validation.studies.wording import statistic_words, stratum_words, unit_words

MOST_POINTS: Final = 1500
_MARKS: Final = (0.05, 0.35, 0.65, 0.95)
_MOST_TICKS: Final = 6
_TONES: Final = ("very-light", "light", "intermediate", "tan", "brown", "dark")

Plot = dict[str, JsonValue]


def plots(plan: StudyPlan, cases: Cases, figures: Sequence[StudyFigure]) -> list[JsonValue]:
    """Return every plot that the cases allow, cases first, then each limited figure by stratum."""
    statistics = dict.fromkeys(limit.statistic for limit in plan.limits)
    return [
        *_differences(plan, cases),
        *_overlaps(plan, cases),
        *_confusion(cases),
        *(_by_stratum(plan, figures, statistic) for statistic in statistics),
    ]


def _differences(plan: StudyPlan, cases: Cases) -> Iterator[Plot]:
    heads = [each for each in cases.cases if isinstance(each, Sampled)]
    known = list(pairs(cases.cases))
    if (len(heads) if heads else len(known)) < FEWEST_PAIRS:
        return  # fewer say nothing about a spread
    measured, reference = np.array(known).T
    found = sampled_agreement(heads) if heads else agreement(measured, reference)
    means, differences = (measured + reference) / 2, measured - reference
    reach = max(np.abs(differences).max(), abs(found.lower.value), abs(found.upper.value)) * 1.1
    reach = reach or 1.0
    low, high = float(means.min()), float(means.max())
    span = (high - low) or 1.0
    low, high = low - 0.03 * span, high + 0.03 * span

    def upward(value: float) -> float:
        return 0.5 + value / (2 * reach)

    step = -(-len(means) // MOST_POINTS)
    unit = unit_words(plan.unit)
    what = f"{len(means)} places of {len(heads)} heads" if heads else f"{len(means)} cases"
    levels: list[JsonValue] = [
        {"y": upward(0.0), "label": "no difference", "strong": False},
        {"y": upward(found.bias.value), "label": f"bias {found.bias.value:.3g}", "strong": True},
        {"y": upward(found.lower.value), "label": f"{found.lower.value:.3g}", "strong": False},
        {"y": upward(found.upper.value), "label": f"{found.upper.value:.3g}", "strong": False},
    ]
    yield {
        "kind": "points",
        "title": "Difference from the reference",
        "alt": f"Differences of {what} against their means, with bias {found.bias.value:.3g} and "
        f"limits of agreement {found.lower.value:.3g} and {found.upper.value:.3g} {unit}.",
        "levels": levels,
        "points": [
            [(float(x) - low) / (high - low), upward(float(y))]
            for x, y in zip(means[::step], differences[::step], strict=True)
        ],
        "marks-x": [
            {"at": share, "label": f"{low + share * (high - low):.3g}"} for share in _MARKS
        ],
        "caption": f"Up: measured minus reference, {unit}. Across: their mean, {unit}. Dashed: "
        f"no difference and the 95 % limits of agreement, of {what}."
        + ("" if step == 1 else f" Every {step}th is drawn."),
    }


def _overlaps(plan: StudyPlan, cases: Cases) -> Iterator[Plot]:
    counted = [
        (dice(each), each.case)
        for each in cases.cases
        if isinstance(each, Segmented) and each.found + each.there
    ]
    if not counted:
        return
    counted.sort()
    values = [value for value, _ in counted]
    mean = float(np.mean(values))
    levels: list[JsonValue] = [{"y": mean, "label": f"mean {mean:.2f}", "strong": True}]
    limit = limit_on(plan.limits, Statistic.DICE, EVERYBODY)
    if limit is not None and limit.minimum is not None:
        levels.append(
            {"y": limit.minimum, "label": f"limit of the mean {limit.minimum:g}", "strong": False}
        )
    lowest = ", ".join(f"{case} {value:.2f}" for value, case in counted[:3])
    step = -(-len(values) // MOST_POINTS)
    drawn = list(enumerate(values, start=1))[::step]
    yield {
        "kind": "points",
        "title": "Overlap of each case",
        "alt": f"Dice overlap of {len(values)} cases from lowest to highest, from {values[0]:.2f} "
        f"to {values[-1]:.2f}, mean {mean:.2f}.",
        "levels": levels,
        "points": [[rank / (len(values) + 1), value] for rank, value in drawn],
        "marks-x": [],
        "marks-y": [{"at": share, "label": f"{share:g}"} for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        "caption": "Up: Dice's overlap, 0 to 1. Across: cases from lowest to highest. Lowest: "
        f"{lowest}." + ("" if step == 1 else f" Every {step}th is drawn."),
    }


def _confusion(cases: Cases) -> Iterator[Plot]:
    classified = [each for each in cases.cases if isinstance(each, Classified)]
    if not classified:
        return
    counts = np.zeros((len(cases.classes), len(cases.classes)), np.int64)
    for each in classified:
        counts[each.true, each.said] += 1
    of_row = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    same = int(np.trace(counts))
    yield {
        "kind": "matrix",
        "title": "What was said of each class",
        "classes": list(cases.classes),
        "rows": [
            {
                "name": name,
                "cells": [
                    {"count": int(count), "share": float(share), "same": row == column}
                    for column, (count, share) in enumerate(zip(line, shares, strict=True))
                ],
                "whole": int(line.sum()),
            }
            for row, (name, line, shares) in enumerate(
                zip(cases.classes, counts, counts / of_row, strict=True)
            )
        ],
        "caption": f"Down: the reference's class. Across: the class that was said. {same} of "
        f"{len(classified)} agree (bold). Darker: a larger share of the reference's class.",
    }


def _by_stratum(plan: StudyPlan, figures: Sequence[StudyFigure], statistic: Statistic) -> Plot:
    strata = sorted(dict.fromkeys(each.stratum for each in figures), key=_place_of(plan))
    found = {each.stratum: each for each in figures if each.statistic is statistic}
    limits = {each: limit_on(plan.limits, statistic, each) for each in strata}
    edges = [
        value
        for stratum in strata
        for value in (*_ends(found.get(stratum)), *_bounds(limits[stratum]))
        if value is not None
    ]
    low, high, ticks = scale(edges)

    def across(value: float | None) -> float | None:
        return None if value is None else (value - low) / (high - low)

    rows: list[JsonValue] = []
    for stratum in strata:
        figure, limit = found.get(stratum), limits[stratum]
        minimum, maximum = _bounds(limit)
        count = counted_cases(figures, stratum)
        lower, upper, value = (across(each) for each in _ends(figure))
        few = figure is not None and figure.cases < plan.fewest_cases
        rows.append(
            {
                "label": stratum_words(stratum),
                "limited": limit is not None,
                "minimum": across(minimum),
                "maximum": across(maximum),
                "value": value,
                "lower": lower,
                "upper": upper,
                "few": few,
                "missed": figure is not None and not few and not within(figure, limit),
                "cases": str(count if figure is None else figure.cases),
            }
        )
    name, unit = statistic_words(statistic), unit_words(_unit(plan, found))
    said = "; ".join(_said(stratum, found.get(stratum)) for stratum in strata)
    return {
        "kind": "intervals",
        "title": f"{name[:1].upper()}{name[1:]} by stratum",
        "alt": f"{name} by stratum: {said}.",
        "rows": rows,
        "ticks": [{"at": across(tick), "label": f"{tick:g}"} for tick in ticks],
        "caption": f"Across: {name}{f', {unit}' if unit else ''}. Bar: 95 % interval. Shaded: the "
        f"limit. Cross: outside it. Hollow: fewer than {plan.fewest_cases} cases, held against "
        "none. Right: cases.",
    }


def limit_on(limits: Sequence[StudyLimit], statistic: Statistic, stratum: str) -> StudyLimit | None:
    """Return the limit that holds for a figure in a stratum, its own before that of each level."""
    every = f"{stratum.partition('=')[0]}=*"
    return next(
        (
            limit
            for wanted in (stratum, every)
            for limit in limits
            if (limit.statistic, limit.stratum) == (statistic, wanted)
        ),
        None,
    )


def within(figure: StudyFigure, limit: StudyLimit | None) -> bool:
    """Return whether a figure is drawn within a limit; whether it was met the record says."""
    if limit is None:
        return True
    lower = upper = figure.value
    if limit.whole_interval and figure.lower is not None and figure.upper is not None:
        lower, upper = figure.lower, figure.upper
    return (limit.minimum is None or lower >= limit.minimum) and (
        limit.maximum is None or upper <= limit.maximum
    )


def scale(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Return the ends of a scale that holds all values, and a few round places on it."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    span = (high - low) or max(abs(high), 1.0)
    low, high = low - 0.06 * span, high + 0.06 * span
    rough = (high - low) / _MOST_TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * each for each in (1.0, 2.0, 5.0, 10.0) if power * each >= rough)
    first = int(np.ceil(low / step))
    # Places are made of whole steps; what is left of a sum of them would be shown.
    ticks = [round(float(at * step), 12) for at in range(first, int(np.floor(high / step)) + 1)]
    return float(low), float(high), ticks


def _place_of(plan: StudyPlan) -> Callable[[str], tuple[int, float, str]]:
    """Return by what strata are ordered: factors as the plan has them, levels by their own."""

    def place(stratum: str) -> tuple[int, float, str]:
        factor, _, level = stratum.partition("=")
        if stratum == EVERYBODY:
            return -1, 0.0, ""
        order = [str(each) for each in plan.strata].index(factor)
        known = _TONES.index(level) if level in _TONES else _number(level)
        return order, known, level

    return place


def _number(level: str) -> float:
    digits = "".join(each for each in level.partition("-")[0] if each.isdigit())
    return float(digits) if digits else float("inf")


def _ends(figure: StudyFigure | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if figure is None else (figure.lower, figure.upper, figure.value)


def _bounds(limit: StudyLimit | None) -> tuple[float | None, float | None]:
    return (None, None) if limit is None else (limit.minimum, limit.maximum)


def _unit(plan: StudyPlan, found: dict[str, StudyFigure]) -> str:
    return next((each.unit for each in found.values()), plan.unit)


def _said(stratum: str, figure: StudyFigure | None) -> str:
    if figure is None:
        return f"{stratum_words(stratum)} not measured"
    text = f"{stratum_words(stratum)} {figure.value:.3g}"
    if figure.lower is None or figure.upper is None:
        return text
    return f"{text}, 95 % {figure.lower:.3g} to {figure.upper:.3g}"
