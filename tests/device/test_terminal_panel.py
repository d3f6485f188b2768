"""What the operator reads on the terminal: guidance and verdicts, each once while it stands."""

from dataclasses import dataclass, field

import pytest

from device.terminal_panel import NUMBERS_EVERY_S, TerminalPanel
from domain.values.identifiers import SessionId
from tests.builders import SESSION


@dataclass
class Shutter:
    """A panel with a shutter, that remembers what it was told."""

    told: list[str] = field(default_factory=list)
    pressed: bool = False

    def welcome(self, session: SessionId) -> None:
        """Take up a session."""
        self.told.append(f"welcome {session}")

    def refused(self) -> None:
        """Be told of a refusal."""
        self.told.append("refused")

    def show(self, words: str) -> None:
        """Show words."""
        self.told.append(words)

    def armed(self) -> bool:
        """Say whether the shutter is pressed."""
        return self.pressed


class Terminal:
    """A terminal panel, the shutter behind it, what was printed, and the time."""

    def __init__(self) -> None:
        """Begin with nothing printed."""
        self.shutter = Shutter()
        self.printed: list[str] = []
        self.now_s = 100.0
        self.panel = TerminalPanel(
            self.shutter, self.printed.append, monotonic_s=lambda: self.now_s
        )


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_guidance_is_printed_when_it_changes_and_not_with_every_look(terminal: Terminal) -> None:
    for words in ("Mind the bar.", "Mind the bar.", "Hold still.", "Mind the bar."):
        terminal.panel.show(words)
    assert terminal.printed == ["Mind the bar.", "Hold still.", "Mind the bar."]
    assert len(terminal.shutter.told) == 4


def test_a_number_that_follows_somebody_is_printed_once_a_second(terminal: Terminal) -> None:
    for millimetres in (55.0, 54.8, 54.1):
        terminal.panel.show(f"Move away by {millimetres} mm.")
    terminal.now_s += NUMBERS_EVERY_S
    terminal.panel.show("Move away by 12.5 mm.")
    assert terminal.printed == ["Move away by 55.0 mm.", "Move away by 12.5 mm."]


def test_the_shutter_stays_with_the_panel_that_has_it(terminal: Terminal) -> None:
    terminal.panel.welcome(SESSION)
    assert not terminal.panel.armed()
    terminal.shutter.pressed = True
    assert terminal.panel.armed()
    terminal.panel.refused()
    assert terminal.shutter.told == [f"welcome {SESSION}", "refused"]
    assert terminal.printed == [
        f"Session {SESSION}.",
        "The shutter was refused: change what is said above.",
    ]


def test_a_place_that_follows_somebody_is_printed_once_a_second(terminal: Terminal) -> None:
    places = ("in the upper left of", "on the left of", "in the middle of")
    for place in places:
        terminal.panel.show(f"Blot the skin. It shines most {place} the face. Hold 1.5 mm.")
    terminal.now_s += NUMBERS_EVERY_S
    terminal.panel.show("Blot the skin. It shines most to the right of the face. Hold 1.5 mm.")
    assert len(terminal.printed) == 2
    terminal.panel.show("Hold still.")
    assert terminal.printed[-1] == "Hold still."
