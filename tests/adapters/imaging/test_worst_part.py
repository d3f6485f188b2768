"""Where a measurement is worst: the patch or tiles that stand out, and nothing where none does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imaging.pixels import Window
from adapters.imaging.worst_part import (
    TILES,
    against_mirror,
    against_usual,
    by_tile,
    densest_part,
    tile_of,
    worst_part,
)
from tests.adapters.imaging.parts import overlap

ROWS, COLUMNS = 300, 220
WHOLE = Window(left=30, top=40, width=200, height=400)
NAN = float("nan")


def masked(*boxes: Window, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Return a mask that fails in boxes."""
    failing = np.zeros((rows, columns), np.bool_)
    for box in boxes:
        failing[box.rows, box.columns] = True
    return failing


@given(
    left=st.integers(0, COLUMNS - 12),
    top=st.integers(0, ROWS - 12),
    width=st.integers(12, COLUMNS),
    height=st.integers(12, ROWS),
)
def test_the_box_of_a_patch_is_found_to_the_cell(
    left: int, top: int, width: int, height: int
) -> None:
    box = Window(
        left=left, top=top, width=min(width, COLUMNS - left), height=min(height, ROWS - top)
    )
    found = densest_part(masked(box))
    assert found is not None
    assert found.within(box) == found
    assert overlap(found, box) > 0.8


def test_a_large_patch_among_specks_is_found_without_them() -> None:
    box = Window(left=60, top=120, width=50, height=70)
    failing = masked(box)
    failing |= np.random.default_rng(5).random(failing.shape) < 0.01
    found = densest_part(failing)
    assert found is not None
    assert overlap(found, box) > 0.8


def test_of_two_patches_the_larger_one_counts_and_of_equal_ones_the_first() -> None:
    small = Window(left=20, top=20, width=20, height=20)
    large = Window(left=120, top=200, width=40, height=60)
    found = densest_part(masked(small, large))
    assert found is not None
    assert overlap(found, large) > 0.8
    cells = [Window(left=cell, top=70, width=21, height=21) for cell in (14, 140)]
    assert densest_part(masked(*cells)) == cells[0]


def test_specks_all_over_and_no_failure_have_no_part() -> None:
    assert densest_part(masked()) is None
    specks = np.zeros((ROWS, COLUMNS), np.bool_)
    specks[10::40, 10::40] = True
    assert densest_part(specks) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 5)])
def test_a_whole_that_fails_is_its_own_part(size: tuple[int, int]) -> None:
    found = densest_part(np.ones(size, np.bool_))
    assert found == Window(left=0, top=0, width=size[1], height=size[0])


@given(seed=st.integers(0, 10_000), share=st.floats(0.0, 1.0), blocks=st.integers(1, 40))
def test_a_part_lies_in_the_mask_and_holds_what_fails_at_each_side(
    seed: int, share: float, blocks: int
) -> None:
    small = np.random.default_rng(seed).random((blocks, blocks)) < share
    failing = np.kron(small, np.ones((7, 5), np.bool_)).astype(np.bool_)
    found = densest_part(failing)
    assert found == densest_part(failing.copy())
    if found is None:
        return
    found.require_inside(width=failing.shape[1], height=failing.shape[0])
    part = failing[found.rows, found.columns]
    assert all(side.any() for side in (part[0], part[-1], part[:, 0], part[:, -1]))


def test_places_belong_to_tiles_by_rows_and_those_outside_to_the_nearest() -> None:
    rows = np.array([40.0, 439.0, 140.0, 0.0])
    columns = np.array([30.0, 229.0, 130.0, 900.0])
    assert tile_of(rows, columns, WHOLE).tolist() == [0, 15, 6, 3]


def test_a_tile_with_too_few_values_is_not_judged() -> None:
    tiles = np.array([0, 0, 0, 5, 5])
    found = by_tile(tiles, np.array([1.0, 2.0, 6.0, 9.0, 9.0]), lambda each: each.mean(), fewest=3)
    assert found[0, 0] == 3.0
    assert int(np.isnan(found).sum()) == TILES * TILES - 1


def test_tiles_are_held_against_the_better_quarter_or_against_their_mirror_image() -> None:
    values = np.zeros((TILES, TILES))
    values[0] = [3.0, NAN, 1.0, 1.0]
    assert against_usual(values)[0].tolist()[0] == 3.0
    mirrored = against_mirror(values)[0]
    assert (mirrored[0], mirrored[3]) == (2.0, -2.0)
    assert np.isnan(mirrored[1:3]).all()
    nothing = np.full((TILES, TILES), NAN)
    assert np.isnan(against_usual(nothing)).all()


def test_the_worst_tile_counts_with_neighbours_that_are_half_as_bad() -> None:
    badness = np.full((TILES, TILES), 0.1)
    badness[1, 1], badness[1, 2], badness[2, 1] = 1.0, 0.6, 0.55
    badness[3, 3] = 0.9
    expected = Window(left=80, top=140, width=100, height=200)
    assert worst_part(badness, WHOLE, least=0.5) == expected


def test_without_a_tile_that_stands_out_or_with_too_few_there_is_no_part() -> None:
    assert worst_part(np.full((TILES, TILES), 0.4), WHOLE, least=0.5) is None
    few = np.full((TILES, TILES), NAN)
    few[0, :3] = 1.0
    assert worst_part(few, WHOLE, least=0.5) is None
    few[1, 0] = 1.0
    assert worst_part(few, WHOLE, least=0.5) is not None


@given(
    seed=st.integers(0, 1000),
    window=st.builds(
        Window,
        left=st.integers(0, 50),
        top=st.integers(0, 50),
        width=st.integers(1, 60),
        height=st.integers(1, 60),
    ),
)
def test_tiles_lie_in_their_window_however_small_it_is(seed: int, window: Window) -> None:
    badness = np.random.default_rng(seed).random((TILES, TILES))
    found = worst_part(badness, window, least=0.0)
    assert found is not None
    assert found.within(window) == found
