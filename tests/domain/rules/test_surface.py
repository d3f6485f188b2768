"""Surfaces: of their own depth map, once, with an uncertainty."""

from dataclasses import replace
from functools import partial

import pytest

from domain.events.capture_session import CaptureSessionEvent, SurfaceReconstructed
from domain.rules.capture_session import CAPTURE_SESSION
from domain.rules.surface import record_surface
from tests.builders import a_digest
from tests.event_builders import (
    a_depth,
    a_session_opened,
    a_surface,
    an_attempt_judged,
    an_attempt_measured,
    an_attempt_submitted,
    preconditions,
)
from tests.given import given

OPENED: tuple[CaptureSessionEvent, ...] = (a_session_opened(), preconditions())
ACCEPTED = (*OPENED, an_attempt_submitted(), an_attempt_measured(), an_attempt_judged())

DEEP = (*ACCEPTED, a_depth())

keep = partial(record_surface, surface=a_surface())


@pytest.mark.verifies("REQ-IN-129")
def test_a_surface_is_recorded_once_with_its_depth() -> None:
    given(CAPTURE_SESSION, *DEEP).when(keep).then(a_surface())
    given(CAPTURE_SESSION, *DEEP, a_surface()).when(keep).then()


def test_a_surface_of_an_unknown_attempt_is_refused() -> None:
    given(CAPTURE_SESSION, *OPENED).when(keep).refuses("capture.attempt")


@pytest.mark.verifies("DRV-17")
@pytest.mark.parametrize(
    ("surface", "rule"),
    [
        (replace(a_surface(), depth=a_digest("other")), "surface.depth"),
        (replace(a_surface(), inputs=(a_digest("other"),)), "surface.depth"),
        (replace(a_surface(), completeness=1.01), "surface.completeness"),
        (replace(a_surface(), completeness=-0.01), "surface.completeness"),
        (replace(a_surface(), sigma_median_mm=0.0), "surface.uncertainty"),
        (replace(a_surface(), sigma_median_mm=float("inf")), "surface.uncertainty"),
        (replace(a_surface(), sigma_median_mm=float("nan")), "surface.uncertainty"),
    ],
)
def test_a_surface_that_is_not_of_its_depth_or_not_sure_of_itself_is_refused(
    surface: SurfaceReconstructed, rule: str
) -> None:
    given(CAPTURE_SESSION, *DEEP).when(partial(keep, surface=surface)).refuses(rule)


def test_a_surface_before_its_depth_is_refused() -> None:
    given(CAPTURE_SESSION, *ACCEPTED).when(keep).refuses("surface.depth")
