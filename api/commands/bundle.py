"""``vultus bundle``: the evidence behind a report, in one file."""

import argparse
from pathlib import Path

import sqlalchemy as sa

from adapters.reports.evidence_bundle import pack_bundle
from api.commands.export import record_export
from api.commands.opening import open_record, say
from api.wiring import System
from domain.errors import NotFound
from domain.values.content import Digest
from domain.values.identifiers import ReportId
from projections.assessment import REPORT


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("report", help="identifier or number of the report")
    parser.add_argument("out", type=Path, help="file to write")


def run(options: argparse.Namespace) -> int:
    """Write the evidence behind a report, and record that it was taken out."""
    with open_record() as system:
        identifier, subject = _report(system, options.report)
        system.checkpointer.sign()
        system.checkpointer.copy()  # so that witnesses cosigned it, as far as they answer
        with options.out.open("wb") as file:
            pack_bundle(
                identifier,
                file,
                log=system.log,
                blobs=system.blobs,
                checkpoints=system.shelf,
                log_key=system.checkpointer.key,
                successions=system.checkpointer.successions(),
                clinic=system.clinic,
            )
        record_export(system, "bundle", subject, Digest.of(options.out.read_bytes()))
    say(f"{options.out}: check it with `vultus-verify {options.out}`")
    return 0


def _report(system: System, wanted: str) -> tuple[ReportId, str]:
    query = sa.select(REPORT.c.report, REPORT.c.subject).where(
        (REPORT.c.report == wanted) | (REPORT.c.number == wanted)
    )
    with system.reads.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        message = f"there is no report {wanted}"
        raise NotFound(message)
    return ReportId(row.report), row.subject
