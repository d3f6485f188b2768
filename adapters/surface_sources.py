"""What a surface that is taken away is made of: the depth of its attempt, and its left picture.

Rules kept here:

1. An attempt is found by what the session's own stream says is its depth or its surface.
2. What is made of it is derived from the record as it stands, and never stored.
"""

from adapters.captured_depth import CapturedDepth, read_depth
from adapters.captures import Capture, read_capture
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.handling import load_existing
from domain.rules.capture_session import CAPTURE_SESSION
from domain.values.content import Digest, ImageReference
from domain.values.identifiers import SessionId


def depth_named(bench: Workbench, session: SessionId, digest: Digest) -> CapturedDepth:
    """Return recorded depth by its digest, with the calibration it was made under.

    Raises:
        NotFound: the session has no such depth, or its calibration is not on record.
        ContentErased: the subject was erased.
        MalformedInput: the stored bytes are no depth map, or no calibration.
    """
    found = read_depth(bench, _capture_with(bench, session, digest))
    if found is None:
        message = f"the calibration of depth {digest} is not on record"
        raise NotFound(message)
    return found


def left_picture(bench: Workbench, session: SessionId, surface: Digest) -> ImageReference:
    """Return the left picture of the pair that a recorded surface was made of.

    Raises:
        NotFound: the session has no such surface.
        ContentErased: the subject was erased.
    """
    return _capture_with(bench, session, surface).attempt.frames[0]


def _capture_with(bench: Workbench, session: SessionId, digest: Digest) -> Capture:
    state, _ = load_existing(bench.log, CAPTURE_SESSION, session.stream)
    for each in state.attempts.values():
        if digest in {made.digest for made in (each.depth, each.surface) if made is not None}:
            return read_capture(bench, session, each.attempt)
    message = f"no attempt of the session has {digest}"
    raise NotFound(message)
