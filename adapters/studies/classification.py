"""How well classes, detections and segmentations agree with a practitioner's.

Rules kept here:

1. A share comes with its Wilson interval; 0 of n and n of n have one, too.
2. Kappa's weights are part of the plan: linear or quadratic in the distance of ordered classes, or
   given whole.
3. Where a denominator is empty there is no figure; None says so.

Sources: Wilson 1927, doi 10.1080/01621459.1927.10502953, and Newcombe 1998, doi
10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 3 (interval of a share);
Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404; Cohen 1968, doi 10.1037/h0026256 (weighted
kappa); Fleiss, Cohen and Everitt 1969, doi 10.1037/h0028106, equation 14 (its standard error);
Dice 1945, doi 10.2307/1932409; Jaccard 1912.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri

from adapters.studies.agreement import COVERAGE, Interval
from domain.errors import MalformedInput

_Z = float(ndtri(0.5 + COVERAGE / 2))


class Weights(StrEnum):
    """How disagreement grows with the distance of two ordered classes."""

    NONE = "none"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Detections against the truth.

    Attributes:
        sensitivity: Share of what is there that was found; None when nothing is there.
        specificity: Share of what is not there that was left alone; None when all is there.
    """

    sensitivity: Interval | None
    specificity: Interval | None


def share(part: int, whole: int) -> Interval:
    """Return a share with its Wilson interval.

    Raises:
        MalformedInput: the part is not one of the whole.
    """
    _require_share(part, whole)
    p, square = part / whole, _Z**2
    middle = (p + square / (2 * whole)) / (1 + square / whole)
    half = _Z * sqrt(p * (1 - p) / whole + square / (4 * whole**2)) / (1 + square / whole)
    return Interval(value=p, lower=max(0.0, middle - half), upper=min(1.0, middle + half))


def exact_share(part: int, whole: int) -> Interval:
    """Return a share with its Clopper–Pearson interval, which is never too narrow.

    Raises:
        MalformedInput: the part is not one of the whole.
    """
    _require_share(part, whole)
    tail = (1 - COVERAGE) / 2
    return Interval(
        value=part / whole,
        lower=0.0 if part == 0 else float(betaincinv(part, whole - part + 1, tail)),
        upper=1.0 if part == whole else float(betaincinv(part + 1, whole - part, 1 - tail)),
    )


def detection(found: ArrayLike, there: ArrayLike) -> Detection:
    """Return sensitivity and specificity of (n,) yes-or-no detections.

    Raises:
        MalformedInput: shapes differ, or there is no case.
    """
    said, true = np.asarray(found, np.bool_), np.asarray(there, np.bool_)
    if said.shape != true.shape or said.ndim != 1 or not said.size:
        raise MalformedInput("study.cases: every detection needs its truth")
    present, absent = int(true.sum()), int((~true).sum())
    return Detection(
        sensitivity=share(int((said & true).sum()), present) if present else None,
        specificity=share(int((~said & ~true).sum()), absent) if absent else None,
    )


def kappa(counts: ArrayLike, weights: Weights | ArrayLike = Weights.NONE) -> Interval:
    """Return weighted kappa of a (classes, classes) table of counts, with its 95 % interval.

    Args:
        counts: How often the first rater said the row's class and the second the column's.
        weights: A scheme, or (classes, classes) weights of *disagreement*, 0 on the diagonal.

    Raises:
        MalformedInput: the table is no square of counts, or one class is all there is.
    """
    table: NDArray[np.float64] = np.asarray(counts, np.float64)
    square = table.ndim == 2 and table.shape[0] == table.shape[1] >= 2  # noqa: PLR2004
    if not square or not np.isfinite(table).all() or (table < 0).any() or table.sum() <= 0:
        raise MalformedInput("study.counts: a square table of counts is needed")
    total = float(table.sum())
    disagreement = _disagreement(weights, len(table))
    largest = float(disagreement.max())
    if largest <= 0:
        raise MalformedInput("study.weights: some disagreement must weigh something")
    agree = 1 - disagreement / largest
    p = table / total
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = np.outer(rows, columns)
    seen, expected = float((agree * p).sum()), float((agree * chance).sum())
    if expected >= 1:
        raise MalformedInput("study.counts: both raters used one class only; kappa says nothing")
    value = (seen - expected) / (1 - expected)
    by_row, by_column = agree @ columns, rows @ agree
    margins = by_row[:, None] + by_column[None, :]
    spread = float((p * (agree * (1 - expected) - margins * (1 - seen)) ** 2).sum())
    variance = spread - (seen * expected - 2 * expected + seen) ** 2
    half = _Z * sqrt(max(0.0, variance) / total) / (1 - expected) ** 2
    return Interval(value=value, lower=max(-1.0, value - half), upper=min(1.0, value + half))


def dice(found: ArrayLike, there: ArrayLike) -> float | None:
    """Return Dice's overlap of two masks, 0..1; None when both are empty."""
    common, sizes = _overlap(found, there)
    return None if sizes == 0 else 2 * common / sizes


def jaccard(found: ArrayLike, there: ArrayLike) -> float | None:
    """Return Jaccard's overlap of two masks, 0..1; None when both are empty."""
    common, sizes = _overlap(found, there)
    return None if sizes == 0 else common / (sizes - common)


def _overlap(found: ArrayLike, there: ArrayLike) -> tuple[int, int]:
    first, second = np.asarray(found, np.bool_), np.asarray(there, np.bool_)
    if first.shape != second.shape:
        raise MalformedInput("study.masks: two masks of one size are needed")
    return int((first & second).sum()), int(first.sum()) + int(second.sum())


def _disagreement(weights: Weights | ArrayLike, classes: int) -> NDArray[np.float64]:
    distance = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(np.float64)
    if isinstance(weights, Weights):
        match weights:
            case Weights.NONE:
                return (distance > 0).astype(np.float64)
            case Weights.LINEAR:
                return distance
            case Weights.QUADRATIC:
                return np.asarray(distance**2, np.float64)
    given = np.asarray(weights, np.float64)
    if given.shape != distance.shape or (given < 0).any() or np.diag(given).any():
        raise MalformedInput("study.weights: weights of disagreement are 0 on the diagonal")
    return given


def _require_share(part: int, whole: int) -> None:
    if not 0 <= part <= whole or whole < 1:
        raise MalformedInput("study.share: a share is a part of at least one case")
