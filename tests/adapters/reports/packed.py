"""The evidence of one session's report, packed under a checkpoint of its own."""

from pathlib import Path

from adapters.keys.signing import Ed25519Signer
from adapters.ledger.checkpointer import Checkpointer
from adapters.ledger.checkpoints import MemoryShelf
from adapters.reports.evidence_bundle import pack_bundle
from domain.events.assessment import ReportIssued
from domain.values.identifiers import AssessmentId, SessionId
from tests.adapters.workers.clinic_day import ClinicDay
from tests.builders import CLINIC


def packed_report(day: ClinicDay, session: SessionId, folder: Path) -> tuple[Path, Checkpointer]:
    """Sign a checkpoint, pack the evidence of a session's report; return it and who signed."""
    shelf = MemoryShelf()
    checkpointer = Checkpointer(
        clinic=CLINIC,
        size=day.log.size,
        tree=day.log.tree,
        shelf=shelf,
        signer=Ed25519Signer.generate(),
        clock=day.clock,
    )
    checkpointer.sign()
    (issued,) = (
        each.event
        for each in day.log.stream(AssessmentId.derived(session).stream)
        if isinstance(each.event, ReportIssued)
    )
    pack_bundle(
        issued.report,
        folder / "evidence.zip",
        log=day.log,
        blobs=day.blobs,
        checkpoints=shelf,
        log_key=checkpointer.key,
        clinic=CLINIC,
    )
    return folder / "evidence.zip", checkpointer
