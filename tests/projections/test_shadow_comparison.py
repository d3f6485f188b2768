"""How far a release in the shadow lies from the approved one, over all captures."""

from functools import partial

import pytest

from domain.events.inference import ShadowCompared, ShadowRefused
from domain.rules import inference
from domain.values.identifiers import ReleaseId
from domain.values.model import OutputDifference
from projections.shadow_comparison import agreement, refusals
from tests.event_builders import an_inference_completed
from tests.projections.clinic import Clinic, a_clinic
from tests.projections.screens import Screens
from tests.projections.visits import Visit, a_visit

DARK = ReleaseId.derived("test", "in the shadow")


@pytest.fixture
def clinic() -> Clinic:
    return a_clinic()


@pytest.fixture
def screens(clinic: Clinic) -> Screens:
    return Screens(clinic)


def compare(visit: Visit, approved: float | None, shadow: float | None, text: str = "II") -> None:
    which = visit.hand_in()
    visit.measure(which)
    visit.request(which)
    visit.complete(which)
    done = an_inference_completed()
    compared = ShadowCompared(
        release=DARK,
        run=done.run,
        inputs=done.inputs,
        outputs=done.outputs,
        differences=(
            OutputDifference(
                code="ita",
                unit="°",
                approved=approved,
                shadow=shadow,
                approved_text=None,
                shadow_text=None,
            ),
            OutputDifference(
                code="class",
                unit=None,
                approved=None,
                shadow=None,
                approved_text="II",
                shadow_text=text,
            ),
        ),
    )
    visit.infer(partial(inference.compare_shadow, compared=compared), visit.run_of(which))


def test_bias_and_limits_are_of_shadow_minus_approved(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    for approved, shadow, text in ((10.0, 11.0, "II"), (20.0, 23.0, "III"), (30.0, None, "II")):
        compare(visit, approved, shadow, text)
    words, angle = screens(agreement, str(DARK))
    assert (angle.code, angle.unit, angle.cases, angle.not_compared) == ("ita", "°", 2, 1)
    assert angle.bias == pytest.approx(2.0)
    assert angle.sd == pytest.approx(2**0.5)
    assert angle.low == pytest.approx(2.0 - 1.96 * 2**0.5)
    assert angle.high == pytest.approx(2.0 + 1.96 * 2**0.5)
    assert (words.code, words.cases, words.same, words.bias) == ("class", 3, 2, None)


def test_one_case_has_a_bias_and_no_limits(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    compare(visit, 1.0, 2.0)
    _, angle = screens(agreement, str(DARK))
    assert (angle.bias, angle.sd, angle.low) == (1.0, None, None)


def test_refusals_are_counted_by_rule(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    which = visit.hand_in()
    visit.measure(which)
    visit.request(which)
    visit.complete(which)
    refused = ShadowRefused(release=DARK, rule="model.age", evidence="outside")
    visit.infer(partial(inference.refuse_shadow, refused=refused), visit.run_of(which))
    assert screens(refusals, str(DARK)) == {"model.age": 1}
    assert screens(agreement, str(DARK)) == []


def test_nothing_is_left_of_an_erased_client(clinic: Clinic, screens: Screens) -> None:
    visit = a_visit(clinic)
    visit.open()
    compare(visit, 1.0, 2.0)
    visit.close()
    clinic.erase(visit.who)
    assert screens(agreement, str(DARK)) == []
