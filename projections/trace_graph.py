"""The tables of the traceability graph, and walking it.

Rules kept here:

1. A node is one recorded thing and knows the record that made it, so that it can be verified.
2. An edge points from what rests to what it rests on: report → … → frames, calibration, build.
3. A walk is complete or fails; it never leaves out what lies far away.
4. A walk looks up what it meets, by index, and reads no table whole, whatever a database estimates.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from domain.events.record import Record
from domain.values.finding import Finding
from projections.rows import Row, every, holdable, subject_of
from projections.tables import metadata
from projections.writing import Rows

NODE = sa.Table(
    "trace_node",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=True, index=True),
    sa.Column("subject", sa.Text, nullable=True, index=True),
)

EDGE = sa.Table(
    "trace_edge",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=True, index=True),
    sa.Index("ix_trace_edge_backwards", "target", "source"),
)

LATEST = sa.Table(
    "trace_latest",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("node", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=True, index=True),
)
"""The newest node of its kind, such as a configuration, on which a capture now will rest."""

TABLES = (LATEST, EDGE, NODE)


def add_node(
    rows: Rows,
    record: Record,
    identifier: str,
    *,
    kind: str,
    title: str,
    detail: str,
    digest: str | None = None,
) -> str:
    """Put a node made by a record and return its identifier."""
    rows.put(
        NODE,
        id=identifier,
        kind=kind,
        title=title,
        detail=detail,
        seq=record.seq,
        at=str(record.committed_at),
        stream=str(record.stream),
        digest=digest,
        subject=subject_of(record),
    )
    return identifier


def add_edge(rows: Rows, record: Record, source: str, target: str | None, label: str) -> None:
    """Put an edge from what rests to what it rests on; nothing without a target."""
    if target is not None:
        rows.put(
            EDGE,
            source=source,
            target=target,
            label=label,
            subject=subject_of(record),
        )


def add_findings(rows: Rows, record: Record, home: str, findings: Iterable[Finding]) -> None:
    """Put a node for each proposed finding, found by what ``home`` stands for."""
    for finding in findings:
        node = add_node(
            rows,
            record,
            f"finding:{finding.finding}",
            kind="finding",
            title=finding.label,
            detail="proposed",
        )
        add_edge(rows, record, node, home, "found by")


def set_latest(rows: Rows, record: Record, key: str, node: str) -> None:
    """Remember the newest node of its kind."""
    rows.put(LATEST, key=key, node=node, subject=subject_of(record))


def latest(rows: Rows, key: str) -> str | None:
    """Return the newest node of its kind, or none."""
    found = rows.one(LATEST, key=key)
    return None if found is None else str(found["node"])


def behind(connection: sa.Connection, start: str) -> tuple[list[Row], list[Row]]:
    """Return every node that a node rests on, itself included, and the edges between."""
    reached = _reached(connection, start, EDGE.c.source, EDGE.c.target)
    nodes, edges = (
        every(connection, sa.select(*found).select_from(joined))
        for joined, found in (
            _looked_up(connection, reached, key) for key in (NODE.c.id, EDGE.c.source)
        )
    )
    known = {node["id"] for node in nodes}  # an edge may lead to what is not recorded, or erased
    return (
        sorted(nodes, key=lambda node: (node["seq"], node["id"])),
        sorted(
            (edge for edge in edges if {edge["source"], edge["target"]} <= known),
            key=lambda edge: (edge["source"], edge["target"]),
        ),
    )


def resting_on(
    connection: sa.Connection, start: str, *kinds: str, around: str | None = None
) -> list[str]:
    """Return every node of these kinds that rests on a node, in order of identifier.

    The identifiers say it: they begin with the kind. With ``around``, where edges with this label
    lead from anything that rests on the node is returned, too.
    """
    reached = _reached(connection, start, EDGE.c.target, EDGE.c.source)
    of_kind = sa.or_(*(reached.c.id.startswith(f"{kind}:", autoescape=True) for kind in kinds))
    queries = [sa.select(reached.c.id).where(of_kind)]
    if around is not None:
        joined, found = _looked_up(connection, reached, EDGE.c.source, EDGE.c.label == around)
        queries.append(sa.select(found["target"]).select_from(joined))
    return sorted(connection.execute(sa.union(*queries)).scalars())


def _reached(
    connection: sa.Connection, start: str, near: sa.Column[Any], far: sa.Column[Any]
) -> sa.CTE:
    """Return the query for everything reached over edges from ``near`` to ``far``."""
    reached = sa.select(sa.literal(holdable(start), sa.Text).label("id")).cte(
        "reached", recursive=True
    )
    joined, found = _looked_up(connection, reached, near)
    return reached.union(sa.select(found[far.name]).select_from(joined))


def _looked_up(
    connection: sa.Connection,
    reached: sa.CTE,
    key: sa.Column[Any],
    *wanted: sa.ColumnElement[bool],
) -> tuple[sa.Join, sa.ColumnCollection[str, Any]]:
    """Return nodes reached joined with the rows that have each as ``key``, and those columns.

    PostgreSQL cannot know how many nodes a walk reaches. It takes them for so many that it reads
    the whole table and hashes it, at each step, above all while the table is not counted yet. What
    stands behind ``OFFSET 0`` is asked for each node by itself, and an index answers that. SQLite
    does so anyway, and knows no LATERAL.
    """
    matching = sa.and_(key == reached.c.id, *wanted)
    if connection.dialect.name == "sqlite":
        return reached.join(key.table, matching), key.table.c
    each = (
        sa.select(key.table)
        .where(matching)
        .correlate(reached)
        .offset(sa.literal_column("0"))
        .lateral()
    )
    return reached.join(each, sa.true()), each.c
