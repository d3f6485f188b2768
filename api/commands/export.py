"""``vultus export``: the whole log for an auditor."""

import argparse
from pathlib import Path

from adapters.ledger.export import export_log
from api.commands.opening import OPERATOR, open_record, progress_bar, say
from api.wiring import System
from domain.events.clinic import RecordExported
from domain.handling import update
from domain.rules import clinic as clinics
from domain.rules.clinic import CLINIC
from domain.values.content import Digest
from domain.values.identifiers import SubjectId


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("out", type=Path, help="folder to make")


def run(options: argparse.Namespace) -> int:
    """Write the whole log, encrypted as it is stored, for an auditor."""
    with open_record() as system:
        system.checkpointer.sign()
        system.checkpointer.copy()  # so that witnesses cosigned it, as far as they answer
        with progress_bar("exporting", system.log.size()) as advance:
            exported = export_log(
                system.log,
                options.out,
                key=system.checkpointer.key,
                checkpoints=system.shelf.all(),
                successions=system.checkpointer.successions(),
                blobs=system.blobs,
                progress=lambda done, _total: advance(done),
            )
        record_export(system, "log", None, exported.digest)
    say(f"{options.out}: {exported.size} records; check it with `vultus-verify log {options.out}`")
    return 0


def record_export(system: System, kind: str, subject: str | None, digest: Digest) -> None:
    """Record that a part of the record was taken out, on the command line."""
    event: RecordExported = clinics.export_record(
        kind=kind,
        subject=None if subject is None else SubjectId(subject),
        digest=digest,
        purpose="asked for on the command line",
    )
    context = system.context(OPERATOR)
    update(system.log, CLINIC, system.clinic.stream, lambda _: event, context)
