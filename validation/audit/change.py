"""Follow a measured change of volume back: the claim, both captures, and everything measured from.

Rules kept here:

1. The earlier capture is held to what the later one is held to: device, calibration, consent,
   verdict. A bundle without the earlier session does not prove the change, and fails.
2. Every input of the change was given by a disclosed record before it: the depths of the two
   captures and the parameters of their calibrations in their places, the rest by depth, surface or
   run of an accepted capture of either session.
3. The claim was registered, signed by a second person over its very content, and not withdrawn; no
   calibration behind the change was known to be defective when it was measured.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final

from domain.ledger import canonical
from domain.ledger.encoding import digest_text
from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.origin import (
    check_capture,
    check_consent,
    check_sound,
    find_attempt,
    frame_digests,
    one_record,
)
from validation.audit.outcome import Step
from validation.audit.runs import Basis, check_run

_PLACED: Final = 4
"""Inputs with a place of their own: earlier and later depth, earlier and later parameters."""


def check_change(
    account: Account, change: Told, opened: Told, attempts: Mapping[str, Told], step: Step
) -> None:
    """Follow one change back to both captures and to its claim.

    Args:
        account: Everything that is disclosed.
        change: The measured change.
        opened: The opening of the assessment that shows it.
        attempts: The attempts of that assessment, by identifier.
        step: Where to say what was found.
    """
    later = attempts.get(str(change.text(words.CHANGE_ATTEMPT)))
    if later is None:
        step.fail(f"{change} compares an attempt that {opened} does not rest on")
    _check_claim(account, change, later, step)
    session = _earlier_session(account, change, step)
    if session is None:
        return
    before = _earlier_attempts(account, change, session, step)
    for attempt in before.values():
        check_capture(account, attempt, session, step)
    earlier = before.get(str(change.text(words.CHANGE_EARLIER_ATTEMPT)))
    if earlier is not None and later is not None:
        _check_pair(account, change, (earlier, later), step)
    _note_absent(account, change, before, step)
    checked = {words.INFERENCE_STREAM + each for each in opened.texts(words.ASSESSMENT_INFERENCES)}
    requests = _check_others(account, change, (before, attempts), checked, step)
    purpose = str(session.text(words.SESSION_PURPOSE))
    moments = [(each, purpose) for each in (session, *before.values())]
    moments += [(each, words.ANALYSIS_PURPOSE) for each in requests]
    check_consent(account, session, moments, step)


def _check_claim(account: Account, change: Told, later: Told | None, step: Step) -> None:
    """Check that the claim was in force, and speaks of this algorithm and type of station."""
    stream = words.CLAIM_STREAM + str(change.text(words.CHANGE_CLAIM))
    registered = one_record(account, words.CLAIM_REGISTERED, stream, change.seq, step)
    if registered is None:
        return
    if not account.begins(stream):
        step.fail(f"{stream}, on which {change} depends, is not in the bundle from its beginning")
    validated = account.find(words.CLAIM_VALIDATED, stream=stream, before=change.seq)
    gone = account.find(words.CLAIM_WITHDRAWN, stream=stream)
    hidden = account.hidden(words.CLAIM_WITHDRAWN, stream=stream, before=change.seq)
    if not validated or hidden or any(each.seq < change.seq for each in gone):
        step.fail(f"{change} is told under {registered}, which was not in force then")
        return
    signed = validated[-1]
    content = canonical.encode(registered.value(words.CLAIM_CONTENT))
    if signed.text(words.SIGNED_DIGEST) != digest_text(sha256(content).digest()):
        step.fail(f"{signed} validated another claim than {registered} registered")
    signer = signed.text(words.SIGNER)
    if signed.header.actor != f"practitioner:{signer}":
        step.fail(f"{signed} names the signer {signer}, but {signed.header.actor} acted")
    if signer == registered.text(words.CLAIM_REGISTERED_BY):
        step.fail(f"{signed} is by whoever registered the claim in {registered}")
    if registered.text(words.CLAIM_ALGORITHM) != change.text(words.CHANGE_ALGORITHM):
        step.fail(f"{change} was measured by another algorithm than {registered} speaks of")
    if later is not None and _model(account, later) not in registered.texts(words.CLAIM_MODELS):
        step.fail(f"{registered} says nothing of the type of station that {later} is from")
    step.note(f"{change} is told under {registered}, validated by {signed}")
    if gone:
        step.note(f"{gone[0]} says that the claim was withdrawn after {change}")


def _model(account: Account, attempt: Told) -> str | None:
    """Return the type of station an attempt is from, as it was enrolled."""
    stream = words.DEVICE_STREAM + str(attempt.header.device)
    enrolled = account.find(words.DEVICE_ENROLLED, stream=stream, before=attempt.seq)
    return enrolled[-1].text(words.DEVICE_MODEL) if enrolled else None


def _earlier_session(account: Account, change: Told, step: Step) -> Told | None:
    """Return the opening of the earlier session, having checked that it is the subject's."""
    stream = words.SESSION_STREAM + str(change.text(words.CHANGE_EARLIER_SESSION))
    if not account.versions(stream):
        step.fail(
            f"{stream}, the earlier session of {change}, is not in the bundle, so the change is "
            "not proven; have the bundle packed again"
        )
        return None
    if not account.begins(stream):
        step.fail(f"{stream}, on which {change} depends, is not in the bundle from its beginning")
    session = one_record(account, words.SESSION_OPENED, stream, change.seq, step)
    if session is None:
        return None
    if session.text(words.SESSION_SUBJECT) != change.text(words.CHANGE_SUBJECT):
        step.fail(f"{session} and {change} are about different subjects")
    if change.text(words.CHANGE_EARLIER_SESSION) == change.text(words.CHANGE_SESSION):
        step.fail(f"{change} compares a session with itself")
    return session


def _earlier_attempts(account: Account, change: Told, session: Told, step: Step) -> dict[str, Told]:
    """Return the earlier session's attempts that the change rests on: the compared one, repeats."""
    stream, inputs = session.header.stream, change.texts(words.CHANGE_INPUTS)
    measured = [
        str(each.text(words.ATTEMPT))
        for each in account.find(words.DEPTH_RECONSTRUCTED, stream=stream, before=change.seq)
        if each.text(words.DEPTH_MAP) in inputs[_PLACED:]
    ]
    compared = str(change.text(words.CHANGE_EARLIER_ATTEMPT))
    found: dict[str, Told] = {}
    for attempt in dict.fromkeys((compared, *measured)):
        arrival = find_attempt(account, attempt, stream=stream, user=change, step=step)
        if arrival is not None:
            found[attempt] = arrival
    return found


def _note_absent(account: Account, change: Told, before: Mapping[str, Told], step: Step) -> None:
    named = set(change.texts(words.CHANGE_INPUTS))
    named |= {digest for arrival in before.values() for digest in frame_digests(arrival)}
    absent = len(named.difference(account.digests))
    step.note(f"{change} rests on {len(named)} contents, with the earlier frames")
    if absent:
        step.note(f"of which {absent} of the change are named by digest and not in the bundle")


def _check_pair(account: Account, change: Told, pair: tuple[Told, Told], step: Step) -> None:
    """Check that the change was measured from these captures' depth under their calibrations."""
    earlier, later = pair
    views = {each.text(words.ATTEMPT_VIEW) for each in pair}
    if views != {change.text(words.CHANGE_VIEW)}:
        step.fail(f"{change} compares {earlier} with {later}, which are not both of its view")
    inputs = change.texts(words.CHANGE_INPUTS)
    if len(inputs) < _PLACED:
        step.fail(f"{change} names {len(inputs)} inputs, too few for two depths, two calibrations")
        return
    named = [each.text(words.CAPTURE_CALIBRATION) for each in pair]
    if change.texts(words.CHANGE_CALIBRATIONS) != named:
        step.fail(f"{change} names other calibrations than {earlier} and {later} were made under")
    for place, capture in enumerate(pair):
        depth, parameters = inputs[place], inputs[2 + place]
        if depth not in _depths(account, change, capture):
            step.fail(f"{change} rests on the depth {depth}, which was not made of {capture}")
        if parameters not in _parameters(account, change, capture):
            step.fail(f"{change} rests on calibration parameters that are not those of {capture}")
        check_sound(account, change, capture, step)
    step.note(f"{change} compares {earlier} with {later}, by depth made of each")


def _depths(account: Account, change: Told, capture: Told) -> list[str | None]:
    """Return the depth maps that were made of a capture before the change."""
    stream = capture.header.stream
    return [
        each.text(words.DEPTH_MAP)
        for each in account.find(words.DEPTH_RECONSTRUCTED, stream=stream, before=change.seq)
        if each.text(words.ATTEMPT) == capture.text(words.ATTEMPT)
    ]


def _parameters(account: Account, change: Told, capture: Told) -> list[str | None]:
    """Return the parameters that were recorded of a capture's calibration before the change."""
    stream = words.DEVICE_STREAM + str(capture.header.device)
    return [
        each.text(words.CALIBRATION_PARAMETERS)
        for each in account.find(words.CALIBRATION_RECORDED, stream=stream, before=change.seq)
        if each.text(words.RECORDED_CALIBRATION) == capture.text(words.CAPTURE_CALIBRATION)
    ]


def _check_others(
    account: Account,
    change: Told,
    sides: tuple[Mapping[str, Told], Mapping[str, Told]],
    checked: Collection[str],
    step: Step,
) -> list[Told]:
    """Check that the other inputs were given of these captures; return the earlier runs' requests.

    Args:
        account: Everything that is disclosed.
        change: The measured change.
        sides: The attempts of the earlier session and of the later one, by identifier.
        checked: Streams of runs that the assessment rests on; they are checked there.
        step: Where to say what was found.
    """
    before, now = sides
    given = _given(account, change, {**before, **now})
    others = change.texts(words.CHANGE_INPUTS)[_PLACED:]
    runs: dict[str, None] = {}
    for digest in others:
        giver = given.get(digest)
        if giver is None:
            step.fail(f"{change} rests on {digest}, which no disclosed record gave of its captures")
        elif giver.name == words.INFERENCE_COMPLETED and giver.header.stream not in checked:
            runs[giver.header.stream] = None
    step.note(f"{len(others)} further inputs of {change}")
    earlier = Basis(
        user=change,
        session=change.text(words.CHANGE_EARLIER_SESSION),
        subject=change.text(words.CHANGE_SUBJECT),
        attempts=before,
    )
    found = (check_run(account, stream, earlier, step)[0] for stream in runs)
    return [request for request in found if request is not None]


def _given(account: Account, change: Told, attempts: Mapping[str, Told]) -> dict[str, Told]:
    """Return by digest which record before the change gave it of one of these attempts."""
    given: dict[str, Told] = {}
    for depth in account.find(words.DEPTH_RECONSTRUCTED, before=change.seq):
        arrival = attempts.get(str(depth.text(words.ATTEMPT)))
        if arrival is not None and arrival.header.stream == depth.header.stream:
            given[str(depth.text(words.DEPTH_MAP))] = depth
    for surface in account.find(words.SURFACE_RECONSTRUCTED, before=change.seq):
        of = given.get(str(surface.text(words.SURFACE_DEPTH)))
        # Its uncertainty counts only as made of what the depth was made of.
        if of is not None and all(
            of.value(each) == surface.value(each) for each in (words.ATTEMPT, words.DEPTH_INPUTS)
        ):
            given[str(surface.text(words.SURFACE_UNCERTAINTY))] = surface
    requested = {
        each.header.stream: str(each.text(words.INFERENCE_ATTEMPT))
        for each in account.find(words.INFERENCE_REQUESTED, before=change.seq)
    }
    for run in account.find(words.INFERENCE_COMPLETED, before=change.seq):
        if requested.get(run.header.stream) in attempts:
            for artefact in run.values(words.RUN_ARTEFACTS):
                given[str(text_at(artefact, words.ARTEFACT_DIGEST))] = run
    return given
