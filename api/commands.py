"""What the command line does to a record: verify, replay, bundle, export, rebuild, reproduce.

Rules kept here:

1. Each works on the record the settings name, whether the service runs or not.
2. Whatever takes long shows how far it is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from adapters.ledger.checkpoints import KeptCheckpoint
from adapters.ledger.export import export_log
from adapters.ledger.verification import verify_log
from adapters.reports.evidence_bundle import pack_bundle
from adapters.workers.reproduction import reproduce_inference
from api.replay import past, position_of
from api.serving import opened
from api.settings import from_environment
from api.wiring import System
from api.work import workbench
from domain.errors import NotFound
from domain.events.clinic import RecordExported
from domain.events.inference import ReproductionChecked
from domain.handling import update
from domain.rules import clinic as clinics
from domain.rules.clinic import CLINIC
from domain.values.actor import Actor
from domain.values.content import Digest
from domain.values.identifiers import InferenceId, ReportId, SubjectId
from projections.assessment import REPORT
from projections.practitioner_worklist import worklist
from projections.subject import pseudonyms

Say = Callable[[str], None]
OPERATOR = Actor.service("command-line")
INTACT, DAMAGED = 0, 1


def verify(*, outside: Sequence[Path], say: Say) -> int:
    """Verify the whole log; 0 when it is intact, 1 when anything was found."""
    with _record(say) as system:
        system.checkpointer.sign()
        notes: list[KeptCheckpoint | bytes] = [*system.shelf.all()]
        notes += [path.read_bytes() for path in outside]
        with _bar("verifying", system.log.size()) as advance:
            report = verify_log(
                system.log,
                key=system.checkpointer.key,
                checkpoints=notes,
                blobs=system.blobs,
                progress=advance,
            )
    for problem in report.problems:
        say(f"  {problem.kind.value}: {problem.text}")
    say(
        f"{report.size} records in {report.streams} streams, {report.signatures} device signatures,"
        f" {report.blobs} stored contents, {len(report.erased)} keys destroyed"
    )
    say(f"root {report.root.hex()}, confirmed by {len(report.confirmed)} checkpoints")
    say("INTACT" if report.intact else f"NOT INTACT: {report.problem_count} problems")
    return INTACT if report.intact else DAMAGED


def replay(*, until: str, say: Say) -> int:
    """Show the worklist as it was at a past position or moment [REQ-IN-012]."""
    with _record(say) as system:
        seq = position_of(system.log, until)
        total = (seq + 1) * len(system.runner.positions())
        with _bar("replaying", total) as advance:
            done = {"records": 0, "last": 0}

            def progress(_name: str, applied: int, _total: int) -> None:
                done["records"] += applied if applied < done["last"] else applied - done["last"]
                done["last"] = applied
                advance(done["records"])

            with past(system.log, seq, progress=progress) as then:
                say(f"as of record {then.seq}, {then.at}; {then.erased} records erased since")
                with then.engine.connect() as connection:
                    Console().print(_worklist(connection))
    return 0


def bundle(*, report: str, out: Path, say: Say) -> int:
    """Write the evidence behind a report, and record that it was taken out."""
    with _record(say) as system:
        identifier, subject = _report(system, report)
        system.checkpointer.sign()
        with out.open("wb") as file:
            pack_bundle(
                identifier,
                file,
                log=system.log,
                blobs=system.blobs,
                checkpoints=system.shelf,
                log_key=system.checkpointer.key,
                clinic=system.clinic,
            )
        _record_export(system, "bundle", subject, Digest.of(out.read_bytes()))
    say(f"{out}: check it with `vultus-verify {out}`")
    return 0


def export(*, out: Path, say: Say) -> int:
    """Write the whole log, encrypted as it is stored, for an auditor."""
    with _record(say) as system:
        system.checkpointer.sign()
        with _bar("exporting", system.log.size()) as advance:
            exported = export_log(
                system.log,
                out,
                key=system.checkpointer.key,
                checkpoints=system.shelf.all(),
                blobs=system.blobs,
                progress=lambda done, _total: advance(done),
            )
        _record_export(system, "log", None, exported.digest)
    say(f"{out}: {exported.size} records; check it with `vultus-verify log {out}`")
    return 0


def rebuild(*, say: Say) -> int:
    """Fill every projection again from the log."""
    with _record(say) as system:
        for position in system.runner.positions():
            with _bar(position.name, system.log.size()) as advance:
                system.runner.rebuild(
                    position.name, progress=lambda _name, done, _total: advance(done)
                )
    say("every projection was rebuilt")
    return 0


def reproduce(*, inference: str, say: Say) -> int:
    """Run a recorded inference again and record how the result compares [DRV-20]."""
    with _record(say) as system:
        record = reproduce_inference(
            workbench(system),
            InferenceId(inference),
            actor=OPERATOR,
            correlation=system.randomness.uuid(),
        )
    checked = record.event
    if not isinstance(checked, ReproductionChecked):
        message = "the inference was erased meanwhile"
        raise NotFound(message)
    say(f"{checked.outcome}: {checked.evidence}")
    return INTACT if checked.outcome == "identical" else DAMAGED


@contextmanager
def _record(say: Say) -> Iterator[System]:
    with opened(from_environment(), say=say) as system:
        yield system


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)


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


def _record_export(system: System, kind: str, subject: str | None, digest: Digest) -> None:
    event: RecordExported = clinics.export_record(
        kind=kind,
        subject=None if subject is None else SubjectId(subject),
        digest=digest,
        purpose="asked for on the command line",
    )
    context = system.context(OPERATOR)
    update(system.log, CLINIC, system.clinic.stream, lambda _: event, context)


def _worklist(connection: sa.Connection) -> Table:
    table = Table("session", "client", "state", "accepted", "rejected", "blocked", "report")
    rows = worklist(connection)
    names = pseudonyms(connection, {row["subject"] for row in rows})
    for row in rows:
        table.add_row(
            row["session"][:8],
            names.get(row["subject"], ""),
            row["kind"],
            str(row["accepted"]),
            str(row["rejected"]),
            str(row["blocked"]),
            row["report_number"] or "",
        )
    return table
