"""The data attached to a report document: read in one way, refused in every other."""

import zlib
from copy import deepcopy
from typing import Any

import pytest

from domain.errors import MalformedInput
from domain.ledger import canonical
from domain.ledger.checkpoint import Checkpoint
from domain.ledger.report_data import (
    DATA_BYTES_MAX,
    FIRST_FORMAT,
    FORMAT,
    ComparedFigures,
    ComparedVisit,
    read_report_data,
)
from tests.validation.audit.documents import document, report_data

SEEN = Checkpoint(origin="vultus/x", size=7, root=bytes(32))
COMPARISON = {
    "earlier": {"instant": "2026-01-20T08:00:00.250000Z", "utc_offset_min": 0, "zone": "UTC"},
    "conditions_differ": [],
    "quantities": [
        {"label": "a", "unit": "deg", "earlier": 1, "now": 2.5, "detectable_change": 0.5}
    ],
}
DATA = report_data(SEEN, {"claim-1": 2, "device-1": 4}, COMPARISON)
HONEST = document(canonical.encode(canonical.parse(canonical.encode(DATA))))


def changed(path: str, value: object) -> bytes:
    """Return the document with one field of its data changed."""
    data: Any = deepcopy(DATA)
    *keys, last = path.split(".")
    place = data
    for key in keys:
        place = place[int(key) if key.isdecimal() else key]
    place[last] = value
    return document(canonical.encode(data))


@pytest.mark.verifies("DRV-25")
def test_what_a_report_says_of_the_log_and_of_an_earlier_visit_is_read() -> None:
    read = read_report_data(HONEST)
    assert (read.format, read.origin, read.size, read.root) == (FORMAT, "vultus/x", 7, bytes(32))
    assert read.ends == {"claim-1": 2, "device-1": 4}
    assert read.compared == ComparedVisit(
        taken_at="2026-01-20T08:00:00.250000Z",
        differ=(),
        figures=(ComparedFigures(label="a", unit="deg", earlier=1.0, now=2.5, detectable=0.5),),
    )


def test_a_report_of_the_first_format_says_nothing_of_ends() -> None:
    assert read_report_data(changed("format", FIRST_FORMAT)).ends == {}


def test_a_report_may_compare_nothing_and_name_no_log() -> None:
    assert read_report_data(changed("report.comparison", None)).compared is None
    silent = read_report_data(changed("report.trace.log", None))
    assert (silent.origin, silent.size, silent.root) == ("", 0, b"")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("format", "vultus/report/v3"),
        ("format", None),
        ("report", []),
        ("report.trace", None),
        ("report.trace.log", "x"),
        ("report.trace.log.size", True),
        ("report.trace.log.root", "sha256:0"),
        ("report.trace.ends", None),
        ("report.trace.ends", [{"stream": "a", "version": 0}]),
        ("report.trace.ends", [{"stream": "a", "version": 1}, {"stream": "a", "version": 2}]),
        ("report.comparison.earlier", None),
        ("report.comparison.conditions_differ", [1]),
        ("report.comparison.quantities", "x"),
        ("report.comparison.quantities.0.now", "x"),
        ("report.comparison.quantities.0.earlier", True),
    ],
)
def test_data_of_another_shape_is_refused(path: str, value: object) -> None:
    with pytest.raises(MalformedInput):
        read_report_data(changed(path, value))


@pytest.mark.parametrize(
    "other",
    [
        b"",
        HONEST + HONEST,
        HONEST.replace(b"report.json", b"reports.json"),
        HONEST.replace(b"/F 2 0 R", b"/F 3 0 R"),
        HONEST.replace(b"/Type/EmbeddedFile", b"/Type/Embedded"),
        document(b"no JSON"),
    ],
    ids=["empty", "twice", "another name", "another object", "no file", "no JSON"],
)
def test_a_document_that_carries_its_data_otherwise_is_refused(other: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_report_data(other)


def test_data_that_is_damaged_cut_off_or_too_large_is_refused() -> None:
    packed = zlib.compress(canonical.encode(DATA))
    damaged = HONEST.replace(b"stream\nx", b"stream\ny")
    shorter = HONEST.replace(b"/Length %d" % _length(HONEST), b"/Length %d" % (len(packed) // 2))
    longer = HONEST.replace(b"/Length %d" % _length(HONEST), b"/Length %d" % (len(packed) * 2))
    large = document(b" " * (DATA_BYTES_MAX + 1))
    for other in (damaged, shorter, longer, large):
        with pytest.raises(MalformedInput, match=r"attached to the document"):
            read_report_data(other)


def _length(made: bytes) -> int:
    return int(made.split(b"/Length ")[1].split(b"/")[0])
