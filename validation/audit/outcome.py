"""What an audit found, step by step, as text for people and as JSON for programs.

Rules kept here:

1. A step that found something wrong says what, in words, with the record, stream or blob.
2. What comes from the audited side is printed so that no terminal takes it for a command.
"""

import json
from dataclasses import dataclass, field
from typing import Final

FAILURES_SHOWN: Final = 50


@dataclass(slots=True)
class Step:
    """One numbered step of an audit.

    Attributes:
        number: From 1.
        title: What holds if the step passed, as a sentence.
        notes: What was seen.
        failures: What was found wrong.
    """

    number: int
    title: str
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say what was seen."""
        self.notes.append(text)

    def fail(self, text: str) -> None:
        """Say what is wrong."""
        self.failures.append(text)

    @property
    def passed(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.failures


@dataclass(slots=True)
class Outcome:
    """Everything an audit found.

    Attributes:
        subject: What was audited, in words.
        steps: In order.
    """

    subject: str
    steps: list[Step] = field(default_factory=list)

    def begin(self, title: str) -> Step:
        """Begin the next step."""
        step = Step(len(self.steps) + 1, title)
        self.steps.append(step)
        return step

    @property
    def passed(self) -> bool:
        """Whether every step passed."""
        return all(step.passed for step in self.steps)

    def to_text(self) -> str:
        """Write everything for people."""
        lines = [self.subject, ""]
        for step in self.steps:
            lines.append(f"{step.number:2}. [{'ok' if step.passed else 'FAILED'}] {step.title}")
            lines += [f"      {note}" for note in step.notes]
            lines += [f"    ! {failure}" for failure in step.failures[:FAILURES_SHOWN]]
            if len(step.failures) > FAILURES_SHOWN:
                lines.append(f"    ! and {len(step.failures) - FAILURES_SHOWN} more")
        lines += ["", "PASSED" if self.passed else "FAILED"]
        return "\n".join(map(printable, lines)) + "\n"

    def to_json(self) -> str:
        """Write everything for programs."""
        return json.dumps(
            {
                "subject": self.subject,
                "passed": self.passed,
                "steps": [
                    {
                        "number": step.number,
                        "title": step.title,
                        "passed": step.passed,
                        "notes": step.notes,
                        "failures": step.failures,
                    }
                    for step in self.steps
                ],
            },
            indent=2,
        )


def printable(text: str) -> str:
    """Replace whatever a terminal could take for a command."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
