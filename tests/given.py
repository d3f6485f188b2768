"""Tests of rules as sentences: given these events, when this rule is asked, then that follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest

from domain.errors import RuleViolation
from domain.events.aggregate import Aggregate

S = TypeVar("S")
E = TypeVar("E")


def given(aggregate: Aggregate[S, E], *events: E) -> "_Given[S]":
    """Return the state after a history."""
    state = aggregate.initial
    for event in events:
        state = aggregate.evolve(state, event)
    return _Given(state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given(Generic[S]):
    state: S

    def when(self, rule: Callable[[S], object]) -> "_When":
        """Ask a rule that needs nothing but the state; bind the rest with ``partial``."""
        return _When(ask=lambda: rule(self.state))


@dataclass(frozen=True, slots=True, kw_only=True)
class _When:
    ask: Callable[[], object]

    def then(self, *events: object) -> None:
        """Expect exactly these events, or none."""
        decided = self.ask()
        assert (decided if isinstance(decided, tuple) else (decided,)) == events

    def refuses(self, rule: str) -> RuleViolation:
        """Expect a refusal by the rule of this name that says what was found and what to do."""
        with pytest.raises(RuleViolation) as caught:
            self.ask()
        assert caught.value.rule == rule
        assert caught.value.evidence
        assert caught.value.next_step
        return caught.value
