"""The whole content of one report, assembled from the record, and the digests it rests on.

Rules kept here:

1. The report says when it was called for, not when it happened to be rendered, and shows the log as
   it was then: repeated, it comes out byte for byte alike.
2. Everything it rests on is named by digest and place in the log [REQ-IN-181, 204].
3. What rules a finding out stands among the contraindications, whether a model's release says so or
   the claim under which a change was told [REQ-IN-044].
"""

from collections.abc import Iterator
from typing import Final

from adapters.ledger.log_signing import origin
from adapters.reported.comparison import earlier_session, report_comparison, report_pairs
from adapters.reported.conditions import (
    report_algorithms,
    report_calibrations,
    report_conditions,
    report_versions,
)
from adapters.reported.maps import report_maps
from adapters.reported.named_contents import distinct, named_contents
from adapters.reported.pictures import report_images
from adapters.reported.results import report_findings, report_withheld
from adapters.reported.sources import Sources, read_claim, read_person, read_sources
from adapters.reported.stream_ends import stream_ends
from adapters.reports import wording
from adapters.reports.content import EvidenceItem, LogState, ReportContent, Trace
from adapters.reports.identity import CaptureSession, Clinic, SignOff
from adapters.workbench import Workbench
from domain.events.acquisition_protocol import ProtocolApproved
from domain.events.capture_session import DepthReconstructed
from domain.events.inference import InferenceCompleted
from domain.events.record import Record
from domain.rules.acquisition_protocol import content_digest
from domain.rules.report import report_number
from domain.values.content import Digest
from domain.values.identifiers import AssessmentId, ReportId

LIMITATIONS: Final = (
    "Pictures show the face at one moment under one light.",
    "Decision support for a practitioner's own judgement; it diagnoses nothing.",
    "No clinical validation with people has been completed for these outputs.",
)
CONTRAINDICATIONS: Final = ("Not for the diagnosis or exclusion of any disease.",)


def read_report(
    bench: Workbench, assessment: AssessmentId, calling: Record
) -> tuple[ReportContent, tuple[Digest, ...]]:
    """Return a report's content and the digests of everything it rests on.

    Args:
        bench: What to work with.
        assessment: The assessment to report.
        calling: The record that called for the report; nothing later goes in.

    Raises:
        NotFound: something the report rests on is not recorded or not stored.
        ContentErased: the subject was erased.
        MalformedInput: a report cannot be made of it.
    """
    sources = read_sources(bench, assessment, calling.seq)
    before = earlier_session(bench, sources)
    comparison = report_comparison(bench, before, sources)
    compared = before if comparison is not None and comparison.quantities else None
    contents = named_contents(bench, sources, compared)
    evidence = (*contents, *distinct(_statements(bench, sources)))
    depths = _depths(bench, sources)
    signature = sources.signature
    report = ReportId.derived(assessment, signature.digest)
    manifests = [run.manifest for run in sources.runs]
    claims = [read_claim(bench, each, sources.seq) for each in sources.told]
    maps, left_out = report_maps(bench, sources)
    content = ReportContent(
        report=report,
        number=report_number(report),
        issued_at=sources.moment(calling.committed_at),
        clinic=Clinic(name=sources.clinic.name, demo=sources.clinic.demo),
        pseudonym=sources.pseudonym,
        sessions=(_session(bench, sources),),
        conclusion=_conclusion(sources),
        sign_off=SignOff(
            signer=read_person(bench, signature.signer, sources.seq),
            meaning=signature.meaning.value,
            signed_at=sources.moment(signature.signed_at),
            signed_digest=signature.digest,
        ),
        images=report_images(bench, sources),
        findings=report_findings(sources),
        withheld=report_withheld(sources),
        comparison=comparison,
        pairs=report_pairs(bench, before, sources),
        maps=maps,
        maps_left_out=left_out,
        algorithms=report_algorithms(bench, sources, depths),
        conditions=report_conditions(sources, depths),
        calibrations=report_calibrations(bench, sources),
        limitations=_once(LIMITATIONS, *(each.limitations for each in manifests)),
        contraindications=_once(
            CONTRAINDICATIONS,
            *(each.contraindications for each in manifests),
            *(each.contraindications for each in claims),
        ),
        versions=report_versions(bench, sources),
        trace=Trace(
            evidence=evidence,
            log=LogState(
                origin=origin(bench.clinic),
                size=calling.seq + 1,
                root=Digest.from_raw(bench.tree.root(calling.seq + 1)),
            ),
            ends=stream_ends(bench, sources, compared),
        ),
    )
    return content, tuple(each.digest for each in contents)


def _session(bench: Workbench, sources: Sources) -> CaptureSession:
    attempts = sources.captures[0].session.attempts
    return CaptureSession(
        label="Session 1",
        captured_at=sources.moment(sources.taken_at),
        operator=read_person(bench, sources.captures[0].opened.operator, sources.seq),
        protocol=f"{sources.protocol.name}, version {sources.protocol.version}",
        accepted_attempts=len(sources.captures),
        refused_attempts=len(attempts) - len(sources.captures),
    )


def _conclusion(sources: Sources) -> str:
    """Return the conclusion as signed, and every amendment signed since, in order."""
    amendments = (
        f"Amendment {each.number}, {wording.moment(sources.moment(each.signature.signed_at))}: "
        f"{each.text}"
        for each in sources.assessment.amendments
    )
    return "\n".join((sources.assessment.conclusion or "", *amendments))


def _statements(bench: Workbench, sources: Sources) -> Iterator[EvidenceItem]:
    """Yield what the report rests on beside stored contents."""
    for record in bench.log.stream(sources.protocol_id.stream):
        if isinstance(record.event, ProtocolApproved):
            name = f"{sources.protocol.name} {sources.protocol.version}"
            digest = content_digest(sources.protocol)
            yield EvidenceItem(label=f"Protocol {name}", digest=digest, seq=record.seq)
    for run in sources.runs:
        for record in bench.log.stream(run.inference.stream):
            if isinstance(record.event, InferenceCompleted):
                yield EvidenceItem(
                    label=f"Record of the run of {run.model}",
                    digest=Digest.from_raw(record.leaf),
                    seq=record.seq,
                )


def _depths(bench: Workbench, sources: Sources) -> tuple[DepthReconstructed, ...]:
    """Return what was reconstructed of the accepted attempts before the report was called for."""
    return tuple(
        record.event
        for record in bench.log.stream(sources.session.stream)
        if isinstance(record.event, DepthReconstructed)
        and record.event.attempt in sources.assessment.attempts
        and record.seq <= sources.seq
    )


def _once(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for texts in lists for each in texts))
