"""The tables of the traceability graph, and walking it.

Rules kept here:

1. A node is one recorded thing and knows the record that made it, so that it can be verified.
2. An edge points from what rests to what it rests on: report → … → frames, calibration, build.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from domain.events.record import Record
from projections.rows import Row, every, one, put, subject_of
from projections.tables import metadata

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
    sa.Index("trace_edge_target", "target"),
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
LARGEST = 5_000


def add_node(
    connection: sa.Connection,
    record: Record,
    identifier: str,
    *,
    kind: str,
    title: str,
    detail: str,
    digest: str | None = None,
) -> str:
    """Put a node made by a record and return its identifier."""
    put(
        connection,
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


def add_edge(
    connection: sa.Connection, record: Record, source: str, target: str | None, label: str
) -> None:
    """Put an edge from what rests to what it rests on; nothing without a target."""
    if target is not None:
        put(
            connection,
            EDGE,
            source=source,
            target=target,
            label=label,
            subject=subject_of(record),
        )


def set_latest(connection: sa.Connection, record: Record, key: str, node: str) -> None:
    """Remember the newest node of its kind."""
    put(connection, LATEST, key=key, node=node, subject=subject_of(record))


def latest(connection: sa.Connection, key: str) -> str | None:
    """Return the newest node of its kind, or none."""
    found = one(connection, LATEST, key=key)
    return None if found is None else str(found["node"])


def closure(
    connection: sa.Connection, start: Iterable[str], *, back: bool
) -> tuple[list[Row], list[Row]]:
    """Return every node and edge reachable from some nodes.

    Args:
        connection: To read with.
        start: Identifiers of nodes.
        back: Towards what they rest on; otherwise towards what rests on them.
    """
    near, far = (EDGE.c.source, EDGE.c.target) if back else (EDGE.c.target, EDGE.c.source)
    reached, wave = set(start), set(start)
    edges: dict[tuple[str, str], Row] = {}
    while wave and len(reached) < LARGEST:
        found = every(connection, sa.select(EDGE).where(near.in_(sorted(wave))))
        edges.update({(row["source"], row["target"]): row for row in found})
        wave = {row[far.name] for row in found} - reached
        reached |= wave
    nodes = every(connection, sa.select(NODE).where(NODE.c.id.in_(sorted(reached))))
    known = {row["id"] for row in nodes}
    kept = [row for row in edges.values() if row["source"] in known and row["target"] in known]
    return (
        sorted(nodes, key=lambda row: (row["seq"], row["id"])),
        sorted(kept, key=lambda row: (row["source"], row["target"])),
    )
