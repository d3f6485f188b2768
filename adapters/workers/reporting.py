"""Renders and issues the report of what was signed.

Rules kept here:

1. The document is stored before the fact that names it is recorded. A crash in between leaves a
   document nobody names; repeated, the very same bytes are stored under the same name.
2. One report per signed digest; the number and the code printed on it are those recorded.
"""

from adapters.reported.content import read_report
from adapters.reports.render import render_report, renderer
from adapters.workbench import Workbench
from domain.errors import NotFound
from domain.events.record import Record
from domain.handling import load_existing, update
from domain.policies import RenderReport
from domain.rules.assessment import ASSESSMENT
from domain.rules.report import issue_report

WORKER = "reporting"
_MEDIA_TYPE = "application/pdf"


def issue(bench: Workbench, step: RenderReport, calling: Record) -> tuple[Record, ...]:
    """Render and issue the report that a signature calls for; () when that was done before."""
    stream = step.assessment.stream
    signed = bench.as_of(ASSESSMENT, stream, calling.seq)
    now, _ = load_existing(bench.log, ASSESSMENT, stream)
    subject, digests = signed.subject, signed.signed_digests
    if subject is None or not digests:
        message = f"nothing is signed in {step.assessment} at record {calling.seq}"
        raise NotFound(message)
    if digests[-1] in now.reports:
        return ()
    content, sources = read_report(bench, step.assessment, calling)
    document, stored = bench.keep(
        render_report(content), key=f"subject:{subject}", media_type=_MEDIA_TYPE
    )
    return update(
        bench.log,
        ASSESSMENT,
        stream,
        lambda state: issue_report(
            state,
            signed_digest=digests[-1],
            document=document,
            renderer=renderer(),
            sources=sources,
        ),
        bench.context(calling, WORKER, subject=subject, blobs=(stored,)),
    )
