"""Every way in which a change of volume can fail to lead back to both captures and its claim."""

from copy import deepcopy

from tests.validation.audit.change_stories import (
    EARLIER_CALIBRATION,
    EARLIER_PARAMETERS,
    EARLIER_SESSION,
    REPEAT_DEPTH,
)
from tests.validation.audit.facts import DEVICE_STREAM, NURSE, Fact, digest
from tests.validation.audit.stories import CALIBRATION, DEPTH, PARAMETERS, SESSION, Story
from tests.validation.audit.wrong_stories import (
    OTHER,
    Change,
    adding,
    consent_fact,
    dropping,
    hiding,
    moving,
    setting,
)

CHANGED = "VolumeChangeMeasured"
NOT_IN_FORCE = "which was not in force then"


def invalidated(calibration: str, *, disclosed: bool = True) -> Fact:
    """Return that a calibration was found defective."""
    return Fact(
        DEVICE_STREAM,
        "CalibrationInvalidated",
        {"calibration": calibration},
        disclosed=disclosed,
    )


def withdrawn(story: Story, *, disclosed: bool = True) -> None:
    """Have the claim withdrawn before the change was measured."""
    stream = story.fact("ClaimRegistered").stream
    fact = Fact(stream, "ClaimWithdrawn", {"reason": "other lenses"}, disclosed=disclosed)
    story.insert(fact, after="ClaimValidated")


def without_earlier_session(story: Story) -> None:
    """Leave out what bundles left out before the earlier session was asked for."""
    stream = f"capture-session-{EARLIER_SESSION}"
    story.facts = [each for each in story.facts if each.stream != stream]


def another_place(place: int, digest_there: str) -> Change:
    """Return the change of one input of the measurement."""
    return setting(CHANGED, f"inputs.{place}", digest_there)


def measured_before(story: Story) -> None:
    """Have the earlier depth recorded only after the change."""
    fact = deepcopy(story.fact("earlier DepthReconstructed"))
    story.drop("earlier DepthReconstructed")
    story.insert(fact, after=CHANGED)


WRONG_CHANGES: list[tuple[str, Change, str]] = [
    ("no earlier session", without_earlier_session, "have the bundle packed again"),
    (
        "earlier session hidden",
        hiding("earlier SessionOpened"),
        f"capture-session-{EARLIER_SESSION} has 0 disclosed SessionOpened",
    ),
    (
        "another subject's capture",
        setting("earlier SessionOpened", "subject", OTHER),
        "are about different subjects",
    ),
    (
        "a session compared with itself",
        setting(CHANGED, "earlier_session", SESSION),
        "compares a session with itself",
    ),
    (
        "later attempt of another assessment",
        setting(CHANGED, "attempt", OTHER),
        "compares an attempt that record 31 (AssessmentOpened) does not rest on",
    ),
    (
        "earlier attempt of another session",
        setting(CHANGED, "earlier_attempt", OTHER),
        f"rests on attempt {OTHER}, which no disclosed record submits",
    ),
    (
        "earlier attempt hidden",
        hiding("earlier AttemptSubmitted"),
        "which no disclosed record submits",
    ),
    (
        "earlier attempt rejected",
        setting("earlier AttemptJudged", "verdict.acceptable", False),  # noqa: FBT003 - a payload's value
        "which was not judged acceptable",
    ),
    (
        "earlier verdict hidden",
        hiding("earlier AttemptJudged"),
        "which was not judged acceptable",
    ),
    (
        "earlier attempt judged after the change",
        moving("earlier AttemptJudged", CHANGED),
        "which was not judged acceptable",
    ),
    (
        "repeat rejected",
        setting("repeated AttemptJudged", "verdict.acceptable", False),  # noqa: FBT003 - a payload's value
        "which was not judged acceptable",
    ),
    (
        "earlier capture unsigned",
        lambda story: setattr(story.fact("earlier AttemptSubmitted"), "signed", False),
        "is not signed by the device that",
    ),
    (
        "earlier capture of a foreign camera",
        setting("earlier AttemptSubmitted", "conditions.camera_serials.0", "C-x"),
        "used a camera that",
    ),
    (
        "two views",
        setting("earlier AttemptSubmitted", "view", "frontal"),
        "which are not both of its view",
    ),
    (
        "another view",
        setting(CHANGED, "view", "frontal"),
        "which are not both of its view",
    ),
    (
        "depth of another attempt",
        another_place(0, digest(REPEAT_DEPTH)),
        f"rests on the depth {digest(REPEAT_DEPTH)}, which was not made of",
    ),
    (
        "depths exchanged",
        another_place(0, digest(DEPTH)),
        f"rests on the depth {digest(DEPTH)}, which was not made of",
    ),
    (
        "later depth of nothing",
        another_place(1, digest(b"x")),
        "which was not made of record 25 (AttemptSubmitted)",
    ),
    (
        "earlier depth hidden",
        hiding("earlier DepthReconstructed"),
        "which was not made of record 12 (AttemptSubmitted)",
    ),
    ("earlier depth made after the change", measured_before, "which was not made of"),
    (
        "earlier depth of foreign frames",
        setting("earlier DepthReconstructed", "inputs.0", digest(b"x")),
        "was made of something that",
    ),
    (
        "earlier parameters exchanged",
        another_place(2, digest(PARAMETERS)),
        "rests on calibration parameters that are not those of record 12 (AttemptSubmitted)",
    ),
    (
        "later parameters exchanged",
        another_place(3, digest(EARLIER_PARAMETERS)),
        "rests on calibration parameters that are not those of record 25 (AttemptSubmitted)",
    ),
    ("too few inputs", setting(CHANGED, "inputs", [digest(DEPTH)]), "names 1 inputs, too few"),
    (
        "calibrations exchanged",
        setting(CHANGED, "calibrations", [CALIBRATION, EARLIER_CALIBRATION]),
        "names other calibrations than",
    ),
    (
        "earlier calibration defective at the capture",
        adding(invalidated(EARLIER_CALIBRATION), "earlier CalibrationLocked"),
        "which was known to be defective",
    ),
    (
        "earlier calibration found defective before the change",
        adding(invalidated(EARLIER_CALIBRATION), "earlier InferenceCompleted"),
        "whose calibration was known to be defective then",
    ),
    (
        "later calibration found defective before the change",
        adding(invalidated(CALIBRATION), "AttemptJudged"),
        "whose calibration was known to be defective then",
    ),
    (
        "a calibration found defective in secret before the change",
        adding(invalidated(EARLIER_CALIBRATION, disclosed=False), "AttemptJudged"),
        "is not disclosed, so the calibrations of",
    ),
    (
        "earlier calibration locked after the capture",
        moving("earlier CalibrationLocked", "earlier AttemptSubmitted"),
        "before it was locked",
    ),
    (
        "outlines of nobody knows whom",
        another_place(4, digest(b"x")),
        f"rests on {digest(b'x')}, which no disclosed record gave of its captures",
    ),
    (
        "outlines of another attempt",
        setting("earlier InferenceRequested", "attempt", OTHER),
        "which no disclosed record gave of its captures",
    ),
    (
        "outlines of another session",
        setting("earlier InferenceRequested", "session", OTHER),
        "is about another session",
    ),
    (
        "outlines on foreign frames",
        setting("earlier InferenceRequested", "frames.0", digest(b"x")),
        "ran on a frame that",
    ),
    (
        "outlines by an unapproved model",
        moving("ModelApproved", "earlier InferenceRequested"),
        "that was not approved then",
    ),
    (
        "uncertainty of another depth",
        setting("earlier SurfaceReconstructed", "depth", digest(b"x")),
        "which no disclosed record gave of its captures",
    ),
    (
        "uncertainty made of foreign frames",
        setting("earlier SurfaceReconstructed", "inputs.0", digest(b"x")),
        "which no disclosed record gave of its captures",
    ),
    (
        "repeat of another session",
        another_place(5, digest(b"x")),
        "which no disclosed record gave of its captures",
    ),
    (
        "consent withdrawn before the earlier capture",
        adding(consent_fact("ConsentWithdrawn"), "earlier PreconditionsChecked"),
        "consent to clinical-capture was not in force at record 13 (AttemptSubmitted)",
    ),
    (
        "consent to analysis withdrawn before the earlier outlines",
        adding(consent_fact("ConsentWithdrawn", "ai-analysis"), "repeated DepthReconstructed"),
        "consent to ai-analysis was not in force at record 20 (InferenceRequested)",
    ),
    (
        "earlier gate hidden",
        hiding("earlier PreconditionsChecked"),
        "no disclosed PreconditionsChecked says which consent record 10 (SessionOpened)",
    ),
    ("claim hidden", hiding("ClaimRegistered"), "has 0 disclosed ClaimRegistered"),
    ("claim registered later", moving("ClaimRegistered", CHANGED), "0 disclosed ClaimRegistered"),
    ("claim not validated", dropping("ClaimValidated"), NOT_IN_FORCE),
    ("validation hidden", hiding("ClaimValidated"), NOT_IN_FORCE),
    ("claim validated later", moving("ClaimValidated", CHANGED), NOT_IN_FORCE),
    ("claim withdrawn before", withdrawn, NOT_IN_FORCE),
    (
        "claim withdrawn in secret",
        lambda story: withdrawn(story, disclosed=False),
        NOT_IN_FORCE,
    ),
    (
        "another claim signed",
        setting("ClaimRegistered", "content.output", "depth-map"),
        "validated another claim than",
    ),
    (
        "validated in somebody else's name",
        setting("ClaimValidated", "signature.signer", OTHER),
        f"names the signer {OTHER}, but practitioner:",
    ),
    (
        "validated by whoever registered it",
        setting("ClaimValidated", "signature.signer", NURSE),
        "is by whoever registered the claim",
    ),
    (
        "another algorithm",
        setting(CHANGED, "algorithm", "volume-change/2"),
        "was measured by another algorithm",
    ),
    (
        "another type of station",
        setting("ClaimRegistered", "content.scope.device_models", ["n"]),
        "says nothing of the type of station",
    ),
    (
        "finding otherwise than measured",
        setting(CHANGED, "findings", []),
        "otherwise than any run gave it",
    ),
    ("change hidden", hiding(CHANGED), "otherwise than any run gave it"),
]
