"""Claims through the interface: registered with studies, in force by a second person, withdrawn."""

from typing import Any

import pytest

from domain.events.codec import to_plain
from domain.values.claim import SIMULATED_LABEL
from tests.api.portal import Person, Portal
from tests.claim_builders import a_claim


@pytest.fixture
def quality(portal: Portal) -> Person:
    return portal.sign_in("quality")


@pytest.fixture
def registered(quality: Person) -> dict[str, Any]:
    return quality.done("/claims", {"content": to_plain(a_claim(simulated=True))})


@pytest.mark.verifies("REQ-IN-047")
@pytest.mark.verifies("REQ-IN-142")
def test_a_claim_is_in_force_once_a_second_person_signed_its_content(
    portal: Portal, quality: Person, registered: dict[str, Any]
) -> None:
    claim = registered["claim"]
    own = quality.approve(f"/claims/{claim}/validate", registered["digest"])
    assert own.status_code == 409
    assert own.json()["rule"] == "claim.second-person"
    second = portal.sign_in("second")
    assert second.approve(f"/claims/{claim}/validate", registered["digest"]).status_code == 200
    (shown,) = quality.read("/claims")["items"]
    assert (shown["state"], shown["label"]) == ("validated", SIMULATED_LABEL)
    assert shown["digest"] == registered["digest"]
    assert shown["content"]["regions"][0]["minimum_detectable_change"] == 0.2
    assert shown["validated_by"]

    withdrawn = second.send("POST", f"/claims/{claim}/withdraw", json={"reason": "other lenses"})
    assert withdrawn.status_code == 200
    (shown,) = quality.read("/claims")["items"]
    assert (shown["state"], shown["withdrawn_because"]) == ("withdrawn", "other lenses")


@pytest.mark.verifies("DRV-14")
def test_what_is_told_under_a_claim_can_be_asked_for(
    quality: Person, registered: dict[str, Any]
) -> None:
    found = quality.read("/trace/affected", kind="claim", identifier=registered["claim"])
    assert found == {"sessions": [], "reports": []}


def test_a_claim_that_contradicts_itself_is_refused(quality: Person) -> None:
    content = to_plain(a_claim())
    assert isinstance(content, dict)
    refused = quality.send("POST", "/claims", json={"content": content | {"regions": []}})
    assert refused.status_code == 422
