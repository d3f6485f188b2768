"""Check where an attempt comes from: verdict, device, configuration, calibration, and consent.

Rules kept here:

1. What was in force is what stood last in the log before the attempt.
2. Conclusions of the kind "was not withdrawn" need the stream from its beginning; a stream that
   begins later in the bundle is a failure, not a pass. So is one that ends before what the gate
   before the capture read of it.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from collections.abc import Iterable

from domain.ledger.canonical import JsonValue
from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.outcome import Step


def one_record(account: Account, name: str, stream: str, before: int, step: Step) -> Told | None:
    """Return the one disclosed record of this name in the stream."""
    found = account.find(name, stream=stream, before=before)
    if len(found) != 1:
        step.fail(f"{stream} has {len(found)} disclosed {name} before record {before}, not 1")
        return None
    return found[0]


def find_attempt(
    account: Account, attempt: str, *, stream: str, user: Told, step: Step
) -> Told | None:
    """Return how an attempt of a session came in, having checked that it was accepted.

    Args:
        account: Everything that is disclosed.
        attempt: The attempt.
        stream: The session's stream.
        user: The record that rests on the attempt; what was recorded before it counts.
        step: Where to say what was found.
    """
    arrivals, verdicts = (
        [
            each
            for each in account.find(*names, stream=stream, before=user.seq)
            if each.text(words.ATTEMPT) == attempt
        ]
        for names in (
            (words.ATTEMPT_SUBMITTED, words.PHOTOGRAPH_IMPORTED),
            (words.ATTEMPT_JUDGED,),
        )
    )
    if not arrivals:
        step.fail(f"{user} rests on attempt {attempt}, which no disclosed record submits")
        return None
    hidden = account.hidden(words.ATTEMPT_JUDGED, stream=stream, before=user.seq)
    if hidden or not verdicts or verdicts[-1].value(words.VERDICT) is not True:
        step.fail(f"{user} rests on attempt {attempt}, which was not judged acceptable")
    return arrivals[-1]


def frame_digests(arrival: Told) -> list[str]:
    """Return the digests of an attempt's frames."""
    frames = [*arrival.values(words.ATTEMPT_FRAMES), arrival.value(words.ATTEMPT_FRAME)]
    digests = (text_at(frame, words.FRAME_DIGEST) for frame in frames)
    return [digest for digest in digests if digest is not None]


def check_capture(account: Account, attempt: Told, opened: Told, step: Step) -> None:
    """Check device, configuration and calibration of one attempt of a session."""
    if attempt.name == words.PHOTOGRAPH_IMPORTED:
        step.note(f"{attempt} is an imported photograph, uncalibrated")
        return
    device = attempt.header.device
    if device is None or device != opened.text(words.SESSION_DEVICE) or not attempt.signed:
        step.fail(f"{attempt} is not signed by the device that {opened} names")
        return
    stream = words.DEVICE_STREAM + device
    if not account.begins(stream):
        step.fail(f"{stream}, on which {attempt} depends, is not in the bundle from its beginning")
        return
    _check_read(account, opened, stream, step)
    enrolled = account.find(words.DEVICE_ENROLLED, stream=stream, before=attempt.seq)
    if not enrolled:
        step.fail(f"{attempt} is from the device {device}, whose enrolment is not disclosed")
    elif enrolled[-1].text(words.DEVICE_SERIAL) != attempt.text(words.CAPTURE_DEVICE_SERIAL):
        step.fail(f"{attempt} names another serial number than {enrolled[-1]}")
    _check_configuration(account, attempt, stream, step)
    calibration = attempt.text(words.CAPTURE_CALIBRATION)
    if calibration is None:
        step.note(f"{attempt} was captured uncalibrated")
    else:
        _check_calibration(account, attempt, stream, calibration, step)
    _check_depth(account, attempt, stream, step)


def _check_configuration(account: Account, attempt: Told, stream: str, step: Step) -> None:
    found = account.find(words.DEVICE_CONFIGURED, stream=stream, before=attempt.seq)
    if not found:
        step.fail(f"{attempt} has no disclosed device configuration before it")
        return
    mounted = {
        text_at(camera, words.CAMERA_SERIAL)
        for camera in found[-1].values(words.CONFIGURATION_CAMERAS)
    }
    used = {
        *attempt.texts(words.CAPTURE_CAMERA_SERIALS),
        *(text_at(frame, words.FRAME_CAMERA) for frame in attempt.values(words.ATTEMPT_FRAMES)),
    }
    if not used <= mounted:
        step.fail(f"{attempt} used a camera that {found[-1]} does not mount")
        return
    step.note(
        f"{attempt}: device configuration {found[-1]}, "
        f"software {found[-1].text(words.CONFIGURATION_SOFTWARE)}, "
        f"firmware {found[-1].text(words.CONFIGURATION_FIRMWARE)}"
    )


def _check_calibration(
    account: Account, attempt: Told, stream: str, calibration: str, step: Step
) -> Told | None:
    """Check that a calibration passed, was locked, not yet found defective and not yet expired."""
    recorded = [
        each
        for each in account.find(words.CALIBRATION_RECORDED, stream=stream, before=attempt.seq)
        if each.text(words.RECORDED_CALIBRATION) == calibration
    ]
    if not recorded:
        step.fail(f"{attempt} names the calibration {calibration}, which no record before it holds")
        return None
    record = recorded[-1]
    if record.value(words.CALIBRATION_PASSED) is not True:
        step.fail(f"{attempt} was captured with {record}, which did not pass")
    locks, defects = (
        [
            each
            for each in account.find(name, stream=stream)
            if each.text(words.CALIBRATION) == calibration
        ]
        for name in (words.CALIBRATION_LOCKED, words.CALIBRATION_INVALIDATED)
    )
    if not any(each.seq < attempt.seq for each in locks):
        step.fail(f"{attempt} was captured with {record} before it was locked")
    hidden = account.hidden(words.CALIBRATION_INVALIDATED, stream=stream, before=attempt.seq)
    if hidden:
        step.fail(f"{hidden[0]} is not disclosed, so the calibration of {attempt} is not known")
    if any(each.seq < attempt.seq for each in defects):
        step.fail(f"{attempt} was captured with {record}, which was known to be defective")
    elif defects:
        step.note(f"{defects[0]} says that {record} was found defective after {attempt}")
    valid_until = record.text(words.CALIBRATION_VALID_UNTIL) or ""
    if not (attempt.text(words.CAPTURED_AT) or "~") < valid_until:
        step.fail(f"{attempt} was captured after {record} had expired")
    step.note(f"{attempt}: calibration {record}, valid until {valid_until}")
    return record


def check_sound(account: Account, user: Told, capture: Told, step: Step) -> None:
    """Check that a capture's calibration was not known to be defective at a later record."""
    stream = words.DEVICE_STREAM + str(capture.header.device)
    found = account.find(words.CALIBRATION_INVALIDATED, stream=stream, before=user.seq)
    if any(
        each.text(words.CALIBRATION) == capture.text(words.CAPTURE_CALIBRATION) for each in found
    ):
        step.fail(f"{user} rests on {capture}, whose calibration was known to be defective then")
    for each in account.hidden(words.CALIBRATION_INVALIDATED, stream=stream, before=user.seq):
        step.fail(f"{each} is not disclosed, so the calibrations of {user} are not known")


def _check_depth(account: Account, attempt: Told, stream: str, step: Step) -> None:
    """Check that depth was made of this attempt's frames with this attempt's calibration."""
    for depth in account.find(words.DEPTH_RECONSTRUCTED, stream=attempt.header.stream):
        if depth.text(words.ATTEMPT) != attempt.text(words.ATTEMPT):
            continue
        calibration = depth.text(words.DEPTH_CALIBRATION)
        if calibration != attempt.text(words.CAPTURE_CALIBRATION):
            step.fail(f"{depth} used another calibration than {attempt} was captured with")
            continue
        allowed = {
            text_at(frame, words.FRAME_DIGEST) for frame in attempt.values(words.ATTEMPT_FRAMES)
        } | {
            each.text(words.CALIBRATION_PARAMETERS)
            for each in account.find(words.CALIBRATION_RECORDED, stream=stream, before=depth.seq)
            if each.text(words.RECORDED_CALIBRATION) == calibration
        }
        if not set(depth.texts(words.DEPTH_INPUTS)) <= allowed:
            step.fail(f"{depth} was made of something that {attempt} did not submit")
        else:
            step.note(f"{depth} was made of the frames of {attempt} and its calibration")


def check_consent(
    account: Account, opened: Told, moments: Iterable[tuple[Told, str]], step: Step
) -> None:
    """Check that consent covered each purpose at its moment.

    Args:
        account: Everything that is disclosed.
        opened: The opening of the session, which says whose consent it is.
        moments: What was done, and for which purpose.
        step: Where to say what was found.
    """
    subject = opened.text(words.SESSION_SUBJECT)
    answers = [
        each
        for each in account.find(
            words.CONSENT_GRANTED, words.CONSENT_WITHDRAWN, words.CONSENT_DECLINED
        )
        if each.text(words.CONSENT_SUBJECT) == subject
    ]
    streams = {each.header.stream for each in answers}
    if len(streams) != 1:
        step.fail(f"the consent behind {opened} is not disclosed as one stream")
        return
    (stream,) = streams
    if not account.begins(stream):
        step.fail(f"{stream}, on which {opened} depends, is not in the bundle from its beginning")
        return
    if not _check_read(account, opened, stream, step):
        step.fail(
            f"no disclosed {words.PRECONDITIONS_CHECKED} says which consent {opened} rests on"
        )
    for moment, purpose in moments:
        hidden = account.hidden(
            words.CONSENT_WITHDRAWN, words.CONSENT_DECLINED, stream=stream, before=moment.seq
        )
        if hidden:
            step.fail(f"{hidden[0]} is not disclosed, so consent at {moment} cannot be known")
        _check_in_force(answers, purpose, moment, step)


def _check_in_force(answers: list[Told], purpose: str, moment: Told, step: Step) -> None:
    given = [
        each
        for each in answers
        if each.seq < moment.seq and each.text(words.CONSENT_PURPOSE) == purpose
    ]
    if not given or given[-1].name != words.CONSENT_GRANTED:
        step.fail(f"consent to {purpose} was not in force at {moment}")
        return
    until = given[-1].text(words.CONSENT_VALID_UNTIL)
    captured = moment.text(words.CAPTURED_AT)
    if until is not None and captured is not None and not captured < until:
        step.fail(f"consent to {purpose} had lapsed when {moment} was captured")
        return
    step.note(f"consent to {purpose} was in force at {moment}: {given[-1]}")


def _check_read(account: Account, opened: Told, stream: str, step: Step) -> list[JsonValue]:
    """Check that the bundle holds a stream as far as the gate before capture read it.

    Returns:
        The versions that the gate read.
    """
    checked = account.find(words.PRECONDITIONS_CHECKED, stream=opened.header.stream)
    read = [
        entry.get(words.BASED_ON_VERSION)
        for each in checked
        for entry in each.values(words.BASED_ON)
        if isinstance(entry, dict) and entry.get(words.BASED_ON_STREAM) == stream
    ]
    for version in read:
        if version not in account.versions(stream):
            step.fail(
                f"{opened} rests on version {version} of {stream}, which is not in the bundle"
            )
    return read
