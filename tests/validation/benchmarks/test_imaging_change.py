"""The figures of a change of volume: every row is measured."""

import numpy as np
import pytest

from device.simulation.rig import Resolution
from validation.benchmarks.imaging import measured
from validation.benchmarks.imaging_change import equal_ratio
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
