"""What this build's measurements of studies are, beside what plans are about."""

import pytest

from adapters.studies.submitted import require_measured
from domain.values.study import StudyPlan
from validation.studies.measured import MEASURED
from validation.studies.pictures import CLASSES, NUMBERS
from validation.studies.plans import PLANS
from validation.studies.segmentations import MASKS
from validation.studies.simulated import MEASURE


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_a_plan_that_comes_with_the_product_is_about_what_this_build_measures(
    plan: StudyPlan,
) -> None:
    require_measured(plan, MEASURED[plan.output])


def test_everything_that_studies_measure_says_what_it_is() -> None:
    assert MEASURED.keys() == {*NUMBERS, *CLASSES, *MASKS, *MEASURE}
    assert all(word == each.output for word, each in MEASURED.items())
