"""Views that do not agree with the others are named and left out, but never many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imaging.calibrate import MINIMUM_VIEWS, BoardView, common_view, solve_views
from adapters.imaging.view_outliers import MOST_LEFT_OUT, OUTLIER_PX, calibrate_from, outliers
from tests.adapters.imaging.drawings import TARGET
from tests.adapters.imaging.test_calibrate import POSES, RIG, pairs

SIZE = (RIG.left.width_px, RIG.left.height_px)


def views() -> list[BoardView]:
    """Return the corners of every pose."""
    found = [common_view(pair, TARGET) for pair in pairs()]
    return [view for view in found if view is not None]


def test_views_that_agree_are_all_used() -> None:
    found = calibrate_from(views(), SIZE)
    assert found.left_out == ()
    assert found.calibration == solve_views(views(), SIZE)
    assert len(found.view_errors_px) == len(POSES)


@pytest.mark.verifies("REQ-IN-137")
def test_a_target_that_moved_between_the_exposures_is_left_out() -> None:
    moved = views()
    shaken = moved[5].right_px + np.array([0, 6], np.float32)
    moved[5] = BoardView(board_mm=moved[5].board_mm, left_px=moved[5].left_px, right_px=shaken)
    found = calibrate_from(moved, SIZE)
    assert found.left_out == (5,)
    assert len(found.calibration.view_rms_px) == len(POSES) - 1
    assert found.calibration.baseline_mm == pytest.approx(80, abs=0.1)
    assert "3 times the median" in found.rule


def test_what_is_within_the_noise_of_detection_is_never_left_out() -> None:
    assert outliers([0.01] * 11 + [0.99 * OUTLIER_PX]) == ()
    assert outliers([0.01] * 11 + [1.01 * OUTLIER_PX]) == (11,)


def test_the_worst_go_first_and_enough_stay() -> None:
    assert outliers([0.05] * 6 + [3.0, 4.0, 5.0, 0.05, 0.05, 0.05]) == (6, 7, 8)
    assert outliers([0.05] * 6 + [3.0, 4.0]) == (6, 7)
    assert outliers([0.05] * 5 + [3.0, 4.0]) == (6,)
    assert outliers([0.05] * 5 + [4.0]) == ()


@given(st.lists(st.floats(0, 100), min_size=MINIMUM_VIEWS, max_size=40))
def test_never_many_and_never_too_many(errors_px: list[float]) -> None:
    left_out = outliers(errors_px)
    assert len(left_out) <= len(errors_px) // MOST_LEFT_OUT
    assert len(errors_px) - len(left_out) >= MINIMUM_VIEWS
    kept = [each for number, each in enumerate(errors_px) if number not in left_out]
    assert not left_out or min(errors_px[number] for number in left_out) >= np.median(kept)
