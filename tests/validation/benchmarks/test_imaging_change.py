"""The figures of a change of volume: every row is measured."""

import numpy as np
import pytest

from device.simulation.rig import Resolution
from domain.values.facial_region import FacialRegion
from validation.benchmarks.imaging import measured
from validation.benchmarks.imaging_change import Errors, equal_ratio, relative_rms
from validation.benchmarks.imaging_row import Extent


@pytest.mark.slow
def test_every_row_of_change_is_measured() -> None:
    rows = measured("change", Extent(resolution=Resolution(columns=480, rows=640), quick=True))
    by_metric = {row.metric: row for row in rows}
    assert all(np.isfinite(row.measured) for row in rows)
    assert by_metric["registration error on the stable face"].measured < 1
    assert by_metric["volume RMS, cheek, 0, 0.5 and 1 cm³"].measured < 1


@pytest.mark.parametrize(
    ("classes", "pairs", "largest_variance_ratio"), [(2, 10, 3.72), (6, 10, 6.92), (6, 60, 2.11)]
)
def test_classes_that_are_equal_differ_by_chance_as_hartley_tabled(
    classes: int, pairs: int, largest_variance_ratio: float
) -> None:
    """Pearson and Hartley (1954), Biometrika Tables for Statisticians 1, table 31, 5 %."""
    found = equal_ratio(classes, pairs)
    assert found == pytest.approx(np.sqrt(largest_variance_ratio), rel=0.02)


def test_classes_are_compared_with_every_region_alike_however_large() -> None:
    large, small = FacialRegion.CHEEK_LEFT, FacialRegion.NOSE
    one = Errors(by_region_cm3={large: [3.0, -3.0], small: [0.001]})
    other = Errors(by_region_cm3={large: [1.0, 1.0], small: [-0.003]})
    assert relative_rms([one, one]) == pytest.approx([1.0, 1.0])
    first, second = relative_rms([one, other])
    assert first == pytest.approx(np.sqrt((1.8 + 1.8 + 0.2) / 3))
    assert second == pytest.approx(np.sqrt((0.2 + 0.2 + 1.8) / 3))
    assert sorted(one.every_cm3) == [-3.0, 0.001, 3.0]
