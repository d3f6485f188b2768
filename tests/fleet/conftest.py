"""What tests of several processes ask for."""

import io
from collections.abc import Iterator

import pytest
import structlog

from adapters.logging import set_up
from tests.fleet.processes import note, start
from tests.fleet.replicas import loose_pair, pair

__all__ = ["loose_pair", "note", "pair", "start"]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Log as it is shipped, to where nobody reads it."""
    set_up(stream=io.StringIO())
    yield
    structlog.reset_defaults()
