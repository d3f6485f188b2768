"""The tables of the traceability graph, and walking it.

Rules kept here:

1. A node is one recorded thing and knows the record that made it, so that it can be verified.
2. An edge points from what rests to what it rests on: report → … → frames, calibration, build.
3. A walk is complete or fails; it never leaves out what lies far away.
"""

from typing import Any

import sqlalchemy as sa

from domain.events.record import Record
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


def set_latest(rows: Rows, record: Record, key: str, node: str) -> None:
    """Remember the newest node of its kind."""
    rows.put(LATEST, key=key, node=node, subject=subject_of(record))


def latest(rows: Rows, key: str) -> str | None:
    """Return the newest node of its kind, or none."""
    found = rows.one(LATEST, key=key)
    return None if found is None else str(found["node"])


def behind(connection: sa.Connection, start: str) -> tuple[list[Row], list[Row]]:
    """Return every node that a node rests on, itself included, and the edges between."""
    reached = _reached(start, EDGE.c.source, EDGE.c.target)
    nodes = sa.select(NODE).join(reached, NODE.c.id == reached.c.id)
    source, target = NODE.alias("source"), NODE.alias("target")
    edges = (
        sa.select(EDGE)
        .join(reached, EDGE.c.source == reached.c.id)
        .join(source, source.c.id == EDGE.c.source)
        .join(target, target.c.id == EDGE.c.target)
    )
    return (
        every(connection, nodes.order_by(NODE.c.seq, NODE.c.id)),
        every(connection, edges.order_by(EDGE.c.source, EDGE.c.target)),
    )


def resting_on(connection: sa.Connection, start: str, *kinds: str) -> list[str]:
    """Return every node of these kinds that rests on a node, in order of identifier.

    The identifiers say it: they begin with the kind. Nodes are not looked up, for where many rest
    on one a planner reads all of them.
    """
    reached = _reached(start, EDGE.c.target, EDGE.c.source)
    of_kind = sa.or_(*(reached.c.id.startswith(f"{kind}:", autoescape=True) for kind in kinds))
    query = sa.select(reached.c.id).where(of_kind).order_by(reached.c.id)
    return list(connection.execute(query).scalars())


def around(connection: sa.Connection, start: str, label: str) -> list[str]:
    """Return where edges with a label lead from everything that rests on a node, in order."""
    reached = _reached(start, EDGE.c.target, EDGE.c.source)
    query = (
        sa.select(EDGE.c.target)
        .join(reached, EDGE.c.source == reached.c.id)
        .where(EDGE.c.label == label)
        .distinct()
        .order_by(EDGE.c.target)
    )
    return list(connection.execute(query).scalars())


def _reached(start: str, near: sa.Column[Any], far: sa.Column[Any]) -> sa.CTE:
    """Return the query for everything reached over edges from ``near`` to ``far``."""
    reached = sa.select(sa.literal(holdable(start), sa.Text).label("id")).cte(
        "reached", recursive=True
    )
    return reached.union(sa.select(far).join(reached, near == reached.c.id))
