"""What a claim says of itself beside every result under it: when it does not hold."""

import pytest

from tests.claim_builders import a_claim


@pytest.mark.verifies("REQ-IN-044")
def test_a_change_must_not_be_relied_on_outside_what_its_claim_was_shown_for() -> None:
    assert a_claim(models=("VX-1", "VX-2")).contraindications == (
        "Not for stations other than VX-1 or VX-2.",
        "Not for people unlike those it was shown on: Adults, 18 to 70 years.",
        "Not where less than 70% of a region was measured.",
        "Not where the upper faces lie more than 0.3 mm apart.",
        "Not for captures that differ by more than 15 mm in distance.",
        "Not for captures that differ by more than 5° in pose.",
        "Not for captures that differ by more than 1.2 times in exposure.",
        "Not for captures that differ by more than 300 K in the light's colour.",
        "Not for captures made more than 731 days apart.",
    )


def test_one_shown_on_simulated_heads_only_is_for_no_clinical_use_first_of_all() -> None:
    first, *rest = a_claim(simulated=True).contraindications
    assert first == "Not for clinical use."
    assert tuple(rest) == a_claim().contraindications
