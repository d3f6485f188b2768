"""Tests of when something counts as validated."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.events.claim import ClaimEvent, ClaimRegistered, ClaimValidated, ClaimWithdrawn
from domain.rules.claim import (
    CLAIM,
    claim_digest,
    claim_for,
    register_claim,
    validate_claim,
    validated,
    withdraw_claim,
)
from domain.values.actor import Role
from domain.values.claim import SIMULATED_LABEL, ClaimScope, EvidenceSource, StudyEvidence
from domain.values.facial_region import FacialRegion
from domain.values.signature import Meaning
from tests.builders import PRACTITIONER, QUALITY_MANAGER, a_digest, a_signature, a_signing
from tests.claim_builders import CLAIM_ID, LIMITS, a_claim, some_evidence
from tests.given import given

CONTENT = a_claim()
REGISTERED = ClaimRegistered(claim=CLAIM_ID, content=CONTENT, registered_by=PRACTITIONER)
SIGNING = a_signing(
    a_signature(claim_digest(CONTENT), signer=QUALITY_MANAGER, meaning=Meaning.APPROVED),
    Role.QUALITY_MANAGER,
)
VALIDATED = ClaimValidated(signature=SIGNING.signature)
WITHDRAWN = ClaimWithdrawn(reason="lenses of another kind")

register = partial(register_claim, identifier=CLAIM_ID, content=CONTENT, registered_by=PRACTITIONER)
validate = partial(validate_claim, signing=SIGNING)
withdraw = partial(withdraw_claim, reason="lenses of another kind")


def history(*events: ClaimEvent) -> Any:  # noqa: ANN401 - given's own type
    return given(CLAIM, *events)


@pytest.mark.verifies("REQ-IN-047")
def test_a_claim_is_registered_once_with_its_studies() -> None:
    history().when(register).then(REGISTERED)
    history(REGISTERED).when(register).refuses("claim.registered-once")
    history().when(partial(register, content=a_claim(evidence=()))).refuses("claim.evidence")


@pytest.mark.verifies("REQ-IN-123")
def test_volume_is_never_claimed_on_colour_pictures_alone() -> None:
    only_colour = a_claim(evidence=(some_evidence(EvidenceSource.RGB),))
    history().when(partial(register, content=only_colour)).refuses("claim.depth-evidence")
    both = a_claim(evidence=(some_evidence(EvidenceSource.RGB), some_evidence()))
    history().when(partial(register, content=both)).then(replace(REGISTERED, content=both))


@pytest.mark.verifies("REQ-IN-048")
@pytest.mark.verifies("REQ-IN-141")
def test_a_region_beyond_the_accuracy_target_is_not_claimed() -> None:
    biased = a_claim(regions=(replace(LIMITS, bias=-0.06),))
    refused = history().when(partial(register, content=biased)).refuses("claim.accuracy")
    assert "cheek-left -0.06 cm³" in refused.evidence
    silent = a_claim(accuracy_words=" ")
    history().when(partial(register, content=silent)).refuses("claim.accuracy-words")


@pytest.mark.verifies("REQ-IN-049")
@pytest.mark.verifies("REQ-IN-074")
def test_a_second_person_validates_a_claim_over_its_content() -> None:
    history(REGISTERED).when(validate).then(VALIDATED)
    history().when(validate).refuses("claim.registered")
    history(REGISTERED, VALIDATED).when(validate).refuses("claim.validated-once")
    history(REGISTERED, WITHDRAWN).when(validate).refuses("claim.validated-once")
    own = replace(REGISTERED, registered_by=QUALITY_MANAGER)
    history(own).when(validate).refuses("claim.second-person")
    changed = replace(REGISTERED, content=a_claim(models=("VX-2",)))
    history(changed).when(validate).refuses("signature.digest")


def test_a_withdrawn_claim_never_comes_back() -> None:
    history(REGISTERED, VALIDATED).when(withdraw).then(WITHDRAWN)
    history(REGISTERED, WITHDRAWN).when(withdraw).then()
    history(REGISTERED).when(partial(withdraw, reason=" ")).refuses("claim.reason")
    assert not validated(history(REGISTERED, VALIDATED, WITHDRAWN).state)


def test_the_claim_in_force_for_a_type_of_station_is_the_one_registered_last() -> None:
    older = history(REGISTERED, VALIDATED).state
    newer = history(replace(REGISTERED, content=a_claim(models=("VX-1", "VX-2"))), VALIDATED).state
    find = partial(claim_for, output="volume-change", algorithm="volume-change/1")
    assert find([older, newer], device_model="VX-1") == newer.registered
    assert find([older], device_model="VX-2") is None
    assert find([older], device_model=None) is None
    assert find([history(REGISTERED).state, history().state], device_model="VX-1") is None
    other = partial(claim_for, output="depth-map", algorithm="volume-change/1")
    assert other([older], device_model="VX-1") is None
    stale = partial(claim_for, output="volume-change", algorithm="volume-change/0")
    assert stale([older], device_model="VX-1") is None


def test_what_was_shown_on_simulated_heads_says_so() -> None:
    assert a_claim(simulated=True).label == SIMULATED_LABEL
    assert a_claim().label == ""


@pytest.mark.verifies("REQ-IN-142")
@pytest.mark.verifies("REQ-IN-143")
def test_a_claim_holds_detectable_change_and_repeatability_of_each_region() -> None:
    assert CONTENT.limits_of(FacialRegion.CHEEK_LEFT) == LIMITS
    assert CONTENT.limits_of(FacialRegion.CHIN) is None
    with pytest.raises(MalformedInput, match=r"below 1\.96 times"):
        replace(LIMITS, minimum_detectable_change=0.19)
    with pytest.raises(MalformedInput, match=r"below 1\.96 times"):
        replace(LIMITS, repeatability_limit=0.19)
    with pytest.raises(MalformedInput, match="above 0"):
        replace(LIMITS, test_retest_sd=0.0)
    with pytest.raises(MalformedInput, match="finite"):
        replace(LIMITS, bias=float("nan"))


@pytest.mark.parametrize(
    "change",
    [
        {"unit": ""},
        {"regions": ()},
        {"regions": (LIMITS, LIMITS)},
        {"least_coverage": 0.0},
        {"accuracy_target": 0.0},
        {"largest_residual_mm": float("inf")},
    ],
)
def test_a_claim_about_nothing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        replace(CONTENT, **change)


def test_a_study_of_nobody_and_a_scope_of_nothing_are_refused() -> None:
    with pytest.raises(MalformedInput):
        StudyEvidence(
            source=EvidenceSource.DEPTH, study=a_digest(), subjects=0, captures=1, summary=""
        )
    for models, population in (((), "adults"), (("",), "adults"), (("VX-1",), " ")):
        with pytest.raises(MalformedInput):
            ClaimScope(device_models=models, population=population, simulated=False)
