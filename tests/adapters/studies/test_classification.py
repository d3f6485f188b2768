"""Shares, kappa and overlaps against published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from adapters.studies.classification import (
    Weights,
    detection,
    dice,
    exact_share,
    jaccard,
    kappa,
    share,
)
from domain.errors import MalformedInput

# Newcombe 1998, table I: Wilson's score method and Clopper-Pearson.
NEWCOMBE = (
    (81, 263, (0.2553, 0.3662), (0.2527, 0.3676)),
    (15, 148, (0.0624, 0.1605), (0.0578, 0.1617)),
    (0, 20, (0.0, 0.1611), (0.0, 0.1684)),
    (1, 29, (0.0061, 0.1718), (0.0009, 0.1776)),
)
# Cohen 1968, table 1: two judges, three diagnoses, 200 people; weights of disagreement.
COHEN = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
COHEN_WEIGHTS = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])


@pytest.mark.parametrize(("part", "whole", "wilson", "exact"), NEWCOMBE)
def test_the_published_intervals_of_a_share(
    part: int, whole: int, wilson: tuple[float, float], exact: tuple[float, float]
) -> None:
    found, wide = share(part, whole), exact_share(part, whole)
    assert (found.lower, found.upper) == pytest.approx(wilson, abs=6e-5)
    assert (wide.lower, wide.upper) == pytest.approx(exact, abs=6e-5)
    assert found.value == wide.value == part / whole


def test_the_published_kappas() -> None:
    assert round(kappa(COHEN).value, 3) == 0.492
    assert round(kappa(COHEN, COHEN_WEIGHTS).value, 3) == 0.348


def test_kappas_interval_is_as_wide_as_its_spread() -> None:
    rng = np.random.default_rng(8)
    shares = COHEN / COHEN.sum()
    drawn = [
        kappa(rng.multinomial(200, shares.ravel()).reshape(3, 3), COHEN_WEIGHTS).value
        for _ in range(1500)
    ]
    found = kappa(COHEN, COHEN_WEIGHTS)
    assert (found.upper - found.lower) / (2 * 1.96) == pytest.approx(np.std(drawn), rel=0.08)


def test_weights_of_ordered_classes() -> None:
    near = np.array([[10, 5, 0], [5, 10, 5], [0, 5, 10]])
    far = np.array([[10, 0, 5], [0, 10, 0], [5, 0, 10]])
    assert kappa(near, Weights.QUADRATIC).value > kappa(near, Weights.LINEAR).value
    assert kappa(near, Weights.LINEAR).value > kappa(near).value
    assert kappa(far, Weights.QUADRATIC).value < kappa(far).value
    assert kappa(np.eye(3) * 7, Weights.LINEAR).value == 1


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([[1, 2]], Weights.NONE),
        ([[-1, 2], [2, 1]], Weights.NONE),
        ([[0, 0], [0, 0]], Weights.NONE),
        ([[5, 0], [0, 0]], Weights.NONE),
        ([[5, 1], [1, 5]], [[1, 0], [0, 1]]),
        ([[5, 1], [1, 5]], [[0, 0], [0, 0]]),
    ],
)
def test_counts_that_say_nothing_are_refused(counts: object, weights: object) -> None:
    with pytest.raises(MalformedInput, match="study"):
        kappa(counts, weights)  # type: ignore[arg-type]


def test_sensitivity_and_specificity() -> None:
    found = detection([1, 1, 0, 0, 0], [1, 1, 1, 0, 0])
    assert found.sensitivity is not None
    assert found.specificity is not None
    assert found.sensitivity.value == pytest.approx(2 / 3)
    assert found.specificity.value == 1
    assert found.specificity.lower < 1
    assert detection([1], [1]).specificity is None
    assert detection([0], [0]).sensitivity is None


@pytest.mark.parametrize(("found", "there"), [([], []), ([1], [1, 0])])
def test_detections_without_truth_are_refused(found: list[int], there: list[int]) -> None:
    with pytest.raises(MalformedInput, match=r"study\.cases"):
        detection(found, there)


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (-1, 5), (6, 5)])
def test_a_share_of_nothing_is_refused(part: int, whole: int) -> None:
    with pytest.raises(MalformedInput, match=r"study\.share"):
        share(part, whole)


masks = hnp.arrays(np.bool_, (6, 6))


@given(masks, masks)
def test_dice_and_jaccard_say_the_same_in_two_ways(first: np.ndarray, second: np.ndarray) -> None:
    d, j = dice(first, second), jaccard(first, second)
    if d is None or j is None:
        assert not first.any()
        assert not second.any()
        return
    assert d == pytest.approx(2 * j / (1 + j))
    assert dice(second, first) == d


@given(st.data())
def test_a_mask_overlaps_itself_wholly(data: st.DataObject) -> None:
    mask = data.draw(masks.filter(np.any))
    assert dice(mask, mask) == jaccard(mask, mask) == 1


def test_masks_of_two_sizes_are_refused() -> None:
    with pytest.raises(MalformedInput, match=r"study\.masks"):
        dice(np.ones((2, 2)), np.ones((3, 3)))
