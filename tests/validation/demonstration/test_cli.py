"""The demonstration's program: a story whose evidence is not accepted was not told."""

from pathlib import Path

import pytest

from validation.demonstration import cli


class Unproven:
    """A story with evidence that proves nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take what every story takes."""

    def tell(self) -> str:
        """Return a report."""
        return "report"

    def bundle(self, _report: str) -> bytes:
        """Return what is no evidence."""
        return b"this is no evidence"


def test_a_story_whose_evidence_the_verifier_rejects_was_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "Story", Unproven)
    monkeypatch.setattr(cli, "ensure_ui", lambda *_: None)

    assert cli.main(["--data", str(tmp_path), "--port", "0", "--once"]) == 1

    said = capsys.readouterr().err
    assert "the verifier did not accept the evidence" in said
    assert "Sign in at" not in said
    # Without this mark the next start tells the story, and proves its evidence, again.
    assert not (tmp_path / "told").exists()
