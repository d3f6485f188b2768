"""Lines are where they are said to be, as long and as deep."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.simulation.expression import STILL, Expression
from device.simulation.head_form import HeadForm
from device.simulation.identity import age_of
from device.simulation.wrinkles import LineKind, age_share, draw_lines, line_relief
from tests.device.simulation.stage import SUBJECT, asset

OLD = HeadForm(replace(SUBJECT.identity(), age=age_of(70.0)))
YOUNG = HeadForm(replace(SUBJECT.identity(), age=age_of(22.0)))


def test_lines_come_with_age(cache: Path) -> None:
    rest = asset(cache).surface.rest
    assert not draw_lines(YOUNG, rest, 0.0, STILL)
    lines = draw_lines(OLD, rest, 0.0, STILL)
    assert {line.kind for line in lines} == set(LineKind)
    assert age_share(20.0) == 0.0
    assert 0.2 < age_share(50.0) < age_share(80.0) <= 1.25


def test_a_line_sinks_by_its_depth_and_only_near_it(cache: Path) -> None:
    rest = asset(cache).surface.rest
    lines = draw_lines(OLD, rest, 0.0, STILL)
    deep = max((each for each in lines if each.kind is LineKind.FOREHEAD), key=lambda e: e.depth_mm)
    relief = line_relief(rest, (deep,))
    assert float(-relief.min()) == pytest.approx(deep.depth_mm, rel=0.12)
    curve = np.array(deep.points_mm)
    touched = rest[relief < -0.02]
    away = np.linalg.norm(touched[:, None] - curve[None], axis=-1).min(axis=1)
    assert float(away.max()) < 3.5 * deep.width_mm + 1.0
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    assert deep.length_mm == pytest.approx(float(steps.sum()))


def test_softening_takes_depth_and_leaves_the_place(cache: Path) -> None:
    rest = asset(cache).surface.rest
    before = draw_lines(OLD, rest, 0.0, STILL)
    after = draw_lines(OLD, rest, 0.5, STILL)
    assert [each.points_mm for each in after] == [each.points_mm for each in before]
    for old, new in zip(before, after, strict=True):
        assert new.depth_mm == pytest.approx(old.depth_mm / 2)


def test_an_expression_makes_its_own_lines(cache: Path) -> None:
    rest = asset(cache).surface.rest
    raised = {line.kind for line in draw_lines(YOUNG, rest, 0.0, Expression(brow_raise=1.0))}
    smiling = {line.kind for line in draw_lines(YOUNG, rest, 0.0, Expression(smile=1.0))}
    assert raised == {LineKind.FOREHEAD}
    assert LineKind.CROWS_FOOT in smiling
    assert LineKind.FOREHEAD not in smiling
