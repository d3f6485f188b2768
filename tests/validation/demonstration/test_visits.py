"""A visit's steps beside workers that go on recording."""

from http import HTTPStatus
from typing import Any

import pytest

from domain.errors import Unavailable
from validation.demonstration import visits
from validation.demonstration.people import Refusal


class Operator:
    """An operator whose session moves on a few times between look and change."""

    def __init__(self, *, moves: int, status: int = HTTPStatus.PRECONDITION_FAILED) -> None:
        """Move on that often."""
        self.moves = moves
        self.status = status
        self.state = "open"
        self.asked = 0

    def get(self, _path: str) -> dict[str, Any]:
        """Return the session."""
        return {"state": self.state, "views": [{"accepted": True}], "attempts": []}

    def version(self, _path: str) -> str:
        """Return its version."""
        return f'"{self.asked}"'

    def post(self, _path: str, *, key: str, seen: str) -> dict[str, Any]:
        """Close it, unless it moved on."""
        assert key == "demo-close-first"
        assert seen == f'"{self.asked}"'
        self.asked += 1
        if self.asked <= self.moves:
            raise Refusal({"status": self.status, "detail": "read it again"})
        self.state = "closed"
        return {}


def test_what_moved_on_is_looked_at_again() -> None:
    operator = Operator(moves=3)

    visits.close_when_accepted(operator, "session", key="first")  # type: ignore[arg-type]

    assert operator.state == "closed"
    assert operator.asked == 4


def test_another_refusal_is_final() -> None:
    operator = Operator(moves=1, status=HTTPStatus.CONFLICT)

    with pytest.raises(Refusal, match="read it again"):
        visits.close_when_accepted(operator, "session", key="first")  # type: ignore[arg-type]

    assert operator.asked == 1


def test_it_gives_up_when_it_never_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "PATIENCE_S", 0.3)

    with pytest.raises(Unavailable, match="to stay as it was seen"):
        visits.close_when_accepted(
            Operator(moves=1_000_000),  # type: ignore[arg-type]
            "session",
            key="first",
        )
