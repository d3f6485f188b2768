"""``vultus replay``: the worklist as it was at a past position or moment [REQ-IN-012]."""

import argparse

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from api.commands.opening import open_record, progress_bar, say
from api.replay import past, position_of
from projections.practitioner_worklist import worklist
from projections.subject import pseudonyms


def arguments(parser: argparse.ArgumentParser) -> None:
    """Say what it takes."""
    parser.add_argument("--until", required=True, help="place in the log, or UTC moment (RFC 3339)")


def run(options: argparse.Namespace) -> int:
    """Show the worklist as it was at a past position or moment [REQ-IN-012]."""
    with open_record(copies=True) as system:
        seq = position_of(system.log, options.until)
        total = (seq + 1) * len(system.runner.positions())
        with progress_bar("replaying", total) as advance:
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
