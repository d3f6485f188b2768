"""Follow a report back: sign-off, assessment, inferences, changes, attempts and frames.

Rules kept here:

1. Every link is followed from what one record says to what another record says; nothing is taken
   from the bundle's index.
2. "Before" means before in the log, whose order is proven. Device times are claims.
3. A record that should be there and is not is a failure; a content that is only named is a note.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.change import check_change
from validation.audit.origin import (
    check_capture,
    check_consent,
    find_attempt,
    frame_digests,
    one_record,
)
from validation.audit.outcome import Step
from validation.audit.runs import Basis, check_run


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
    opened = one_record(account, words.ASSESSMENT_OPENED, report.header.stream, report.seq, step)
    if opened is None:
        return
    stream = words.SESSION_STREAM + str(opened.text(words.ASSESSMENT_SESSION))
    session = one_record(account, words.SESSION_OPENED, stream, opened.seq, step)
    if session is None:
        return
    if session.text(words.SESSION_SUBJECT) != opened.text(words.ASSESSMENT_SUBJECT):
        step.fail(f"{session} and {opened} are about different subjects")
    attempts = _check_attempts(account, opened, stream, step)
    for attempt in attempts.values():
        check_capture(account, attempt, session, step)
    requests, runs = _check_inferences(account, opened, attempts, step)
    changes = _changes(account, opened)
    _check_findings(opened, runs, changes, step)
    for change in changes:
        check_change(account, change, opened, attempts, step)
    purpose = str(session.text(words.SESSION_PURPOSE))
    moments = [(each, purpose) for each in (session, *attempts.values())]
    moments += [(each, words.ANALYSIS_PURPOSE) for each in requests]
    check_consent(account, session, moments, step)


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
    attempts: dict[str, Told] = {}
    for attempt in opened.texts(words.ASSESSMENT_ATTEMPTS):
        arrival = find_attempt(account, attempt, stream=session, user=opened, step=step)
        if arrival is not None:
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


def _check_inferences(
    account: Account, opened: Told, attempts: dict[str, Told], step: Step
) -> tuple[list[Told], list[Told]]:
    """Check every run that was laid before the practitioner; return requests and results."""
    basis = Basis(
        user=opened,
        session=opened.text(words.ASSESSMENT_SESSION),
        subject=opened.text(words.ASSESSMENT_SUBJECT),
        attempts=attempts,
    )
    requests: list[Told] = []
    runs: list[Told] = []
    for inference in opened.texts(words.ASSESSMENT_INFERENCES):
        request, completed = check_run(account, words.INFERENCE_STREAM + inference, basis, step)
        if request is not None:
            requests.append(request)
            runs += completed
    return requests, runs


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
