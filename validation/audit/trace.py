"""Follow a report back: sign-off, assessment, changes, comparison.

Rules kept here:

1. Every link is followed from what one record says to what another record says; nothing is taken
   from the bundle's index.
2. "Before" means before in the log, whose order is proven. Device times are claims.
3. A record that should be there and is not is a failure; a content that is only named is a note.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from domain.ledger.report_data import ReportData
from validation.audit import vocabulary as words
from validation.audit.account import Account, Told, text_at
from validation.audit.change import check_change
from validation.audit.comparison import check_comparison
from validation.audit.origin import one_record
from validation.audit.outcome import Step
from validation.audit.stream_ends import check_ends
from validation.audit.visit import Visit, follow_visit


def follow_report(
    account: Account, report_seq: int, document: tuple[str, ReportData | None], step: Step
) -> None:
    """Follow the report back to its origins; say in the step what was found.

    Args:
        account: Everything that is disclosed.
        report_seq: The record that issued the report.
        document: Digest of the report document, and the data it carries, if it could be read.
        step: Where to say what was found.
    """
    report_digest, data = document
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
    signed = _check_signature(account, report, step)
    opened = one_record(account, words.ASSESSMENT_OPENED, report.header.stream, report.seq, step)
    if opened is None:
        return
    visit = follow_visit(account, opened, step)
    if visit is None:
        return
    changes = _changes(account, opened)
    _check_findings(visit, changes, step)
    for change in changes:
        check_change(account, change, opened, visit.attempts, step)
    if signed is not None and not account.leads_to(signed):
        step.fail(f"not all of {signed.header.stream} before {signed} is in the bundle")
    if data is not None and signed is not None:
        check_comparison(account, data.compared, visit, signed, step)
        check_ends(account, data, signed, step)


def _note_absent(account: Account, report: Told, step: Step) -> None:
    sources = report.texts(words.REPORT_SOURCES)
    absent = [digest for digest in sources if digest not in account.digests]
    step.note(f"the report rests on {len(sources)} contents")
    if absent:
        step.note(f"of which {len(absent)} are named by digest and not in the bundle")


def _check_signature(account: Account, report: Told, step: Step) -> Told | None:
    """Check that what was reported is what was signed, by whom and after which proof of person.

    Returns:
        The record of the signature, which called for the report.
    """
    signed = [
        each
        for each in account.find(
            *words.SIGNING_EVENTS, stream=report.header.stream, before=report.seq
        )
        if each.text(words.SIGNED_DIGEST) == report.text(words.REPORT_SIGNED_DIGEST)
    ]
    if not signed:
        step.fail(f"{report} reports a digest that no disclosed sign-off before it signed")
        return None
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
    return signature


def _changes(account: Account, opened: Told) -> list[Told]:
    """Return the changes of volume measured up to the captures of this assessment."""
    return [
        each
        for each in account.find(words.VOLUME_CHANGED, before=opened.seq)
        if each.text(words.CHANGE_SESSION) == opened.text(words.ASSESSMENT_SESSION)
        and each.text(words.CHANGE_SUBJECT) == opened.text(words.ASSESSMENT_SUBJECT)
    ]


def _check_findings(visit: Visit, changes: list[Told], step: Step) -> None:
    """Check that every finding laid before the practitioner is one that a run or a change gave."""
    given = {identifier: finding for identifier, (finding, _, _) in visit.given().items()}
    for change in changes:
        for finding in change.values(words.CHANGE_FINDINGS):
            given[text_at(finding, words.FINDING)] = finding
    findings = visit.opened.values(words.ASSESSMENT_FINDINGS)
    for finding in findings:
        identifier = text_at(finding, words.FINDING)
        if given.get(identifier) != finding:
            step.fail(
                f"{visit.opened} shows the finding {identifier} otherwise than any run gave it"
            )
    step.note(f"{len(findings)} findings, each as given by one of {len(visit.runs)} runs")
    if changes:
        step.note(f"or by one of {len(changes)} measured changes of volume")
