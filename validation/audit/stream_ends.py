"""Check that no record was left off a stream's end on which a conclusion rests.

Rules kept here:

1. A report says how far such streams went when it was called for; the bundle holds them up to
   there. What a stream says later is not shown by the bundle, and that is said.
2. A report made before reports said so proves nothing about ends; that is said, too.

Source: ``domain/ledger/SPECIFICATION.md``, section 8, item 10.
"""

from domain.ledger.report_data import FIRST_FORMAT, ReportData
from validation.audit.account import Account, Told
from validation.audit.outcome import Step


def check_ends(account: Account, data: ReportData, signed: Told, step: Step) -> None:
    """Check every stream on which was concluded that something did not happen on it.

    Args:
        account: Everything that is disclosed, after all conclusions were drawn.
        data: What the report says.
        signed: The signature that called for the report.
        step: Where to say what was found.
    """
    streams = sorted(account.concluded)
    if data.format == FIRST_FORMAT:
        step.note(
            f"not shown: that the {len(streams)} streams on which this rests are here to their ends"
        )
        step.note("at the signature; this report was made before reports said how far they went")
        return
    if data.size != signed.seq + 1:
        step.fail(
            f"the report says that it saw {data.size} records, but {signed} called for it, "
            f"so it saw {signed.seq + 1}"
        )
    for stream in streams:
        _check_end(account, stream, data, step)
    step.note(
        f"{len(streams)} streams are here from their beginning to where they ended at {signed},"
    )
    step.note("by what the report recorded then; a withdrawal, suspension or defect before is here")


def _check_end(account: Account, stream: str, data: ReportData, step: Step) -> None:
    end = data.ends.get(stream)
    if end is None:
        step.fail(f"the report does not say how far {stream} went, on which a conclusion rests")
        return
    here = account.versions(stream)
    missing = end - sum(version <= end for version in here)
    if missing:
        step.fail(
            f"{stream} had {end} records when the report was called for, and {missing} of them "
            "are not in the bundle"
        )
    for each in account.records:
        early = each.header.stream == stream and each.seq < data.size
        if early and each.header.version > end:
            step.fail(f"the report says that {stream} ended before {each}, which it had seen")
