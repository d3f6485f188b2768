"""A restored folder says what it may be used for."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.backup.document import write_document
from adapters.backup.mark import MARK_PATH, Mark, Use, read_mark, require_usable, write_mark
from domain.errors import DigestMismatch, RuleViolation
from domain.values.content import Digest
from tests.contracts.logs import START

MARK = Mark(
    use=Use.RECORD,
    manifest=Digest.of(b"manifest"),
    size=9,
    root=Digest.of(b"root"),
    lost=2,
    restored_at=START,
)


def test_a_mark_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert read_mark(tmp_path) is None
    write_mark(tmp_path, MARK)
    assert read_mark(tmp_path) == MARK


@pytest.mark.parametrize(
    ("use", "copies", "words"),
    [
        (Use.RECORD, False, None),
        (Use.COPY, True, None),
        (Use.COPY, False, "--accept-loss"),
        (Use.SEALED, True, "--keys"),
        (Use.SEALED, False, "--keys"),
    ],
)
def test_only_the_record_is_opened_for_recording(
    tmp_path: Path, *, use: Use, words: str | None, copies: bool
) -> None:
    mark = replace(MARK, use=use)
    write_mark(tmp_path, mark)
    if words is None:
        assert require_usable(tmp_path, copies=copies) == mark
    else:
        with pytest.raises(RuleViolation, match=words):
            require_usable(tmp_path, copies=copies)


def test_a_damaged_mark_is_refused(tmp_path: Path) -> None:
    write_document(tmp_path / MARK_PATH, {"use": "something else"})
    with pytest.raises(DigestMismatch, match="not a mark"):
        read_mark(tmp_path)
