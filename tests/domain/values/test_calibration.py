"""A light calibration without the reference in view measured nothing, and says so."""

from dataclasses import replace

import pytest

from tests.builders import an_illumination_record, an_unseen_light


@pytest.mark.verifies("REQ-IN-086", "REQ-IN-088")
@pytest.mark.parametrize("cct_k", [0.0, 5600.0])
def test_light_without_the_reference_in_view_was_not_measured_whatever_stands_there(
    cct_k: float,
) -> None:
    assert not replace(an_unseen_light(), cct_k=cct_k).measured


@pytest.mark.parametrize("passed", [True, False])
def test_light_that_was_seen_was_measured_also_when_it_failed(*, passed: bool) -> None:
    assert an_illumination_record(passed=passed).measured
