"""Walking the graph finds what a plain walk finds, on both databases, in whatever shape it is."""

from collections.abc import Mapping

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings

from projections.rows import Row
from projections.trace_graph import EDGE, NODE, behind, resting_on

KINDS = ("calibration", "attempt", "session", "report")
NAMES = tuple(f"{kind}:{number}" for kind in KINDS for number in range(3))

Edges = Mapping[tuple[str, str], str]

edges = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.sampled_from(("in", "uses"))
)
CHAIN: Edges = dict.fromkeys(zip(NAMES[1:], NAMES[:-1], strict=True), "uses")
CIRCLE: Edges = {**CHAIN, (NAMES[0], NAMES[-1]): "in"}
DIAMOND: Edges = {
    ("attempt:0", "calibration:0"): "uses",
    ("attempt:1", "calibration:0"): "uses",
    ("report:0", "attempt:0"): "uses",
    ("report:0", "attempt:1"): "uses",
    ("attempt:0", "session:0"): "in",
    ("attempt:1", "session:1"): "in",
}
KNOWN = frozenset(NAMES)


def walked(start: str, steps: list[tuple[str, str]]) -> set[str]:
    """Return everything that steps lead to from a start, itself included."""
    found, following = {start}, [start]
    while following:
        here = following.pop()
        further = {there for near, there in steps if near == here} - found
        found |= further
        following += further
    return found


def node(name: str, seq: int) -> Row:
    """Return a node's row."""
    texts = dict.fromkeys(("title", "detail", "at", "stream"), "")
    kind = name.partition(":")[0]
    return {"id": name, "kind": kind, "seq": seq, **texts, "digest": None, "subject": None}


@pytest.mark.verifies("DRV-14")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=edges, known=st.frozensets(st.sampled_from(NAMES)), start=st.sampled_from(NAMES))
@example(edges=CHAIN, known=KNOWN, start=NAMES[0])
@example(edges=CHAIN, known=KNOWN, start=NAMES[-1])
@example(edges=CIRCLE, known=KNOWN, start=NAMES[5])
@example(edges=DIAMOND, known=KNOWN, start="calibration:0")
@example(edges=DIAMOND, known=KNOWN, start="report:0")
@example(edges={(NAMES[0], NAMES[0]): "in"}, known=frozenset(), start=NAMES[0])
def test_a_walk_finds_what_a_plain_walk_finds(
    engine: sa.Engine, edges: Edges, known: frozenset[str], start: str
) -> None:
    # Given any graph, also one that runs in circles or names what is not recorded
    nodes = [node(name, seq) for seq, name in enumerate(reversed(NAMES)) if name in known]
    rows = [
        {"source": source, "target": target, "label": label, "subject": None}
        for (source, target), label in edges.items()
    ]
    with engine.connect() as connection:
        for table, content in ((NODE, nodes), (EDGE, rows)):
            if content:
                connection.execute(table.insert(), content)
        # When it is walked in both directions
        found_nodes, found_edges = behind(connection, start)
        resting = resting_on(connection, start, "session", "report")
        wider = resting_on(connection, start, "session", "report", around="in")
        connection.rollback()
    # Then everything is found that a plain walk finds, once and in order
    back = walked(start, list(edges))
    assert found_nodes == [each for each in nodes if each["id"] in back]
    assert found_edges == sorted(
        (row for row in rows if row["source"] in back and {row["source"], row["target"]} <= known),
        key=lambda row: (row["source"], row["target"]),
    )
    forth = walked(start, [(target, source) for source, target in edges])
    of_kind = {each for each in forth if each.startswith(("session:", "report:"))}
    assert resting == sorted(of_kind)
    places = {
        target for (source, target), label in edges.items() if label == "in" and source in forth
    }
    assert wider == sorted(of_kind | places)
