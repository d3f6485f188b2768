"""The story of two visits, both signed, whose figures the report shows side by side."""

import math
from copy import deepcopy
from typing import Final

from tests.validation.audit.change_stories import (
    EARLIER_ATTEMPT,
    EARLIER_FRAMES,
    EARLIER_INFERENCE,
    EARLIER_SESSION,
    change_story,
)
from tests.validation.audit.facts import (
    Fact,
    accepted,
    assessed,
    finding,
    labelled,
    signature,
)
from tests.validation.audit.stories import ASSESSMENT, FINDING, Story

EARLIER_ASSESSMENT: Final = "0198c0de-0000-7000-8000-000000000030"
EARLIER_FINDING: Final = "0198c0de-0000-7000-8000-000000000031"
EARLIER_STREAM: Final = f"assessment-{EARLIER_ASSESSMENT}"
EARLIER_AT: Final = "2026-01-20T08:00:00.250000Z"
EARLIER_FINDINGS: Final = [finding(EARLIER_FINDING, 38.0, 2.0)]

COMPARISON: Final = {
    "earlier": {"instant": EARLIER_AT, "utc_offset_min": 660, "zone": "Australia/Sydney"},
    "days_between": 42,
    "conditions_differ": [],
    "quantities": [
        {
            "label": "Individual typology angle, left oblique",
            "unit": "deg",
            "earlier": 38.0,
            "now": 41.5,
            "detectable_change": math.hypot(2.0, 1.5),
        }
    ],
}


def comparison_story() -> Story:
    """Return the story, without a fault."""
    story = change_story()
    # A quarter of a second behind our clock.
    story.change("earlier AttemptSubmitted", "captured_at", "2026-01-20T08:00:00.000000Z")
    story.change("earlier AttemptSubmitted", "conditions.clock_offset_ms", -250.0)
    story.change("earlier InferenceCompleted", "findings", deepcopy(EARLIER_FINDINGS))
    story.insert(*_earlier_assessment(), after="earlier InferenceCompleted")
    story.insert(accepted(ASSESSMENT, FINDING), after="AssessmentOpened")
    story.comparison = deepcopy(COMPARISON)
    return story


def _earlier_assessment() -> list[Fact]:
    return labelled(
        "earlier",
        [
            assessed(
                EARLIER_ASSESSMENT,
                EARLIER_SESSION,
                EARLIER_ATTEMPT,
                EARLIER_FRAMES,
                inferences=[EARLIER_INFERENCE],
                findings=deepcopy(EARLIER_FINDINGS),
            ),
            accepted(EARLIER_ASSESSMENT, EARLIER_FINDING),
            Fact(EARLIER_STREAM, "AssessmentSignedOff", {"signature": signature(b"then")}),
        ],
    )
