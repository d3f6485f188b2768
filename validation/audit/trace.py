"""Follow a report back: sign-off, assessment, inferences and models, attempts and frames.

Rules kept here:

1. Every link is followed from what one record says to what another record says; nothing is taken
   from the bundle's index.
2. "Before" means before in the log, whose order is proven. Device times are claims.
3. A record that should be there and is not is a failure; a content that is only named is a note.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.origin import check_capture, check_consent
from validation.audit.outcome import Step


def follow_report(account: Account, report_seq: int, report_digest: str, step: Step) -> None:
    """Follow the report back to its origins; say in the step what was found."""
    report = next(
        (each for each in account.find(words.REPORT_ISSUED) if each.seq == report_seq), None
    )
    if report is None:
        step.fail(f"record {report_seq} is not a disclosed {words.REPORT_ISSUED}")
        return
    if report.text(words.REPORT_DOCUMENT) != report_digest or report_digest not in account.digests:
        step.fail(f"{report} issued another document than the bundle's report")
    else:
        step.note(f"{report} issued {report.text(words.REPORT_NUMBER)}, document {report_digest}")
    _note_absent(account, report, step)
    _check_signature(account, report, step)
    opened = _one(account, words.ASSESSMENT_OPENED, report.header.stream, report.seq, step)
    if opened is None:
        return
    stream = words.SESSION_STREAM + str(opened.text(words.ASSESSMENT_SESSION))
    session = _one(account, words.SESSION_OPENED, stream, opened.seq, step)
    if session is None:
        return
    if session.text(words.SESSION_SUBJECT) != opened.text(words.ASSESSMENT_SUBJECT):
        step.fail(f"{session} and {opened} are about different subjects")
    attempts = _check_attempts(account, opened, stream, step)
    for attempt in attempts.values():
        check_capture(account, attempt, session, step)
    requests, runs = _check_inferences(account, opened, attempts, step)
    _check_findings(opened, runs, _changes(account, opened), step)
    purpose = str(session.text(words.SESSION_PURPOSE))
    moments = [(each, purpose) for each in (session, *attempts.values())]
    moments += [(each, words.ANALYSIS_PURPOSE) for each in requests]
    check_consent(account, session, moments, step)


def _one(account: Account, name: str, stream: str, before: int, step: Step) -> Told | None:
    """Return the one disclosed record of this name in the stream."""
    found = account.find(name, stream=stream, before=before)
    if len(found) != 1:
        step.fail(f"{stream} has {len(found)} disclosed {name} before record {before}, not 1")
        return None
    return found[0]


def _note_absent(account: Account, report: Told, step: Step) -> None:
    sources = report.texts(words.REPORT_SOURCES)
    absent = [digest for digest in sources if digest not in account.digests]
    step.note(f"the report rests on {len(sources)} contents")
    if absent:
        step.note(f"of which {len(absent)} are named by digest and not in the bundle")


def _check_signature(account: Account, report: Told, step: Step) -> None:
    """Check that what was reported is what was signed, by whom and after which proof of person."""
    signed = [
        each
        for each in account.find(
            *words.SIGNING_EVENTS, stream=report.header.stream, before=report.seq
        )
        if each.text(words.SIGNED_DIGEST) == report.text(words.REPORT_SIGNED_DIGEST)
    ]
    if not signed:
        step.fail(f"{report} reports a digest that no disclosed sign-off before it signed")
        return
    signature = signed[-1]
    signer = signature.text(words.SIGNER)
    step.note(
        f"{signature} signed it: practitioner {signer}, {signature.text(words.SIGNATURE_MEANING)}, "
        f"{signature.text(words.SIGNED_AT)}"
    )
    if signature.header.actor != f"practitioner:{signer}":
        step.fail(f"{signature} names the signer {signer}, but {signature.header.actor} acted")
    proofs = [
        each
        for each in account.find(words.REAUTHENTICATED, before=signature.seq)
        if each.text(words.REAUTHENTICATION) == signature.text(words.SIGNATURE_REAUTHENTICATION)
    ]
    if not proofs:
        step.note("the signer's re-authentication is named and not in the bundle")
    elif any(each.text(words.REAUTHENTICATED_PRACTITIONER) != signer for each in proofs):
        step.fail(f"{proofs[0]} is the re-authentication of another person than the signer")
    else:
        step.note(f"{proofs[0]} is the signer's re-authentication")


def _check_attempts(account: Account, opened: Told, session: str, step: Step) -> dict[str, Told]:
    """Return the assessed attempts by identifier, having checked verdicts and frames."""
    arrivals = {
        str(each.text(words.ATTEMPT)): each
        for each in account.find(
            words.ATTEMPT_SUBMITTED, words.PHOTOGRAPH_IMPORTED, stream=session, before=opened.seq
        )
    }
    verdicts = {
        each.text(words.ATTEMPT): each
        for each in account.find(words.ATTEMPT_JUDGED, stream=session, before=opened.seq)
    }
    attempts: dict[str, Told] = {}
    for attempt in opened.texts(words.ASSESSMENT_ATTEMPTS):
        arrival, verdict = arrivals.get(attempt), verdicts.get(attempt)
        if arrival is None:
            step.fail(f"{opened} rests on attempt {attempt}, which no disclosed record submits")
            continue
        if verdict is None or verdict.value(words.VERDICT) is not True:
            step.fail(f"{opened} rests on attempt {attempt}, which was not judged acceptable")
        attempts[attempt] = arrival
    frames = {digest for arrival in attempts.values() for digest in frame_digests(arrival)}
    for digest in opened.texts(words.ASSESSMENT_FRAMES):
        if digest not in frames:
            step.fail(f"{opened} names the frame {digest}, which is of none of its attempts")
    step.note(f"{opened} rests on {len(attempts)} attempts with {len(frames)} frames")
    absent = len(frames.difference(account.digests))
    if absent:
        step.note(f"of which {absent} frames are named by digest and not in the bundle")
    return attempts


def frame_digests(arrival: Told) -> list[str]:
    """Return the digests of an attempt's frames."""
    frames = [*arrival.values(words.ATTEMPT_FRAMES), arrival.value(words.ATTEMPT_FRAME)]
    digests = (text_at(frame, words.FRAME_DIGEST) for frame in frames)
    return [digest for digest in digests if digest is not None]


def _check_inferences(
    account: Account, opened: Told, attempts: dict[str, Told], step: Step
) -> tuple[list[Told], list[Told]]:
    """Check every run that was laid before the practitioner; return requests and results."""
    requests: list[Told] = []
    runs: list[Told] = []
    for inference in opened.texts(words.ASSESSMENT_INFERENCES):
        stream = words.INFERENCE_STREAM + inference
        request = _one(account, words.INFERENCE_REQUESTED, stream, opened.seq, step)
        if request is None:
            continue
        requests.append(request)
        _check_request(request, opened, attempts, step)
        _check_release(account, request, step)
        ended = account.find(
            words.INFERENCE_COMPLETED, words.INFERENCE_FAILED, stream=stream, before=opened.seq
        )
        if not ended:
            step.fail(f"{stream} has no disclosed result before {opened}")
        for run in ended:
            if run.name == words.INFERENCE_COMPLETED:
                runs.append(run)
                if run.text(words.RUN_MODEL) != request.text(words.INFERENCE_MODEL):
                    step.fail(f"{run} ran another model than {request} called for")
    return requests, runs


def _check_request(request: Told, opened: Told, attempts: dict[str, Told], step: Step) -> None:
    """Check that a run was called for on an attempt of this assessment, and on its frames."""
    for field, other in (
        (words.INFERENCE_SESSION, words.ASSESSMENT_SESSION),
        (words.INFERENCE_SUBJECT, words.ASSESSMENT_SUBJECT),
    ):
        if request.text(field) != opened.text(other):
            step.fail(f"{request} is about another {field} than {opened}")
    arrival = attempts.get(str(request.text(words.INFERENCE_ATTEMPT)))
    if arrival is None:
        step.fail(f"{request} ran on an attempt that {opened} does not rest on")
    elif not set(request.texts(words.INFERENCE_FRAMES)) <= set(frame_digests(arrival)):
        step.fail(f"{request} ran on a frame that {arrival} did not submit")


def _check_release(account: Account, request: Told, step: Step) -> None:
    """Check that the model is that of a release approved at that moment."""
    stream = words.RELEASE_STREAM + str(request.text(words.INFERENCE_RELEASE))
    registered = _one(account, words.MODEL_REGISTERED, stream, request.seq, step)
    if registered is None:
        return
    if not account.begins(stream):
        step.fail(f"{stream}, on which {request} depends, is not in the bundle from its beginning")
    if registered.text(words.MANIFEST_MODEL) != request.text(words.INFERENCE_MODEL):
        step.fail(f"{request} called for another model than {registered} registered")
    decisions = account.find(
        words.MODEL_APPROVED, words.MODEL_SUSPENDED, stream=stream, before=request.seq
    )
    hidden = account.hidden(words.MODEL_SUSPENDED, stream=stream, before=request.seq)
    if hidden or not decisions or decisions[-1].name != words.MODEL_APPROVED:
        step.fail(f"{request} called for a model release that was not approved then")
        return
    if decisions[-1].text(words.SIGNED_DIGEST) != registered.text(words.MANIFEST_DIGEST):
        step.fail(f"{decisions[-1]} approved another manifest than {registered} registered")
    step.note(
        f"{request} called for {registered.text(words.MANIFEST_NAME)} "
        f"{registered.text(words.MANIFEST_VERSION)}, approved by {decisions[-1]}"
    )


def _changes(account: Account, opened: Told) -> list[Told]:
    """Return the changes of volume measured up to the captures of this assessment."""
    return [
        each
        for each in account.find(words.VOLUME_CHANGED, before=opened.seq)
        if each.text(words.CHANGE_SESSION) == opened.text(words.ASSESSMENT_SESSION)
        and each.text(words.CHANGE_SUBJECT) == opened.text(words.ASSESSMENT_SUBJECT)
    ]


def _check_findings(opened: Told, runs: list[Told], changes: list[Told], step: Step) -> None:
    """Check that every finding laid before the practitioner is one that a run or a change gave."""
    given = {
        text_at(finding, words.FINDING): finding
        for made, field in ((runs, words.RUN_FINDINGS), (changes, words.CHANGE_FINDINGS))
        for each in made
        for finding in each.values(field)
    }
    findings = opened.values(words.ASSESSMENT_FINDINGS)
    for finding in findings:
        identifier = text_at(finding, words.FINDING)
        if given.get(identifier) != finding:
            step.fail(f"{opened} shows the finding {identifier} otherwise than any run gave it")
    step.note(f"{len(findings)} findings, each as given by one of {len(runs)} runs")
    if changes:
        step.note(f"or by one of {len(changes)} measured changes of volume")
