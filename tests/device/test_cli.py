"""The station's command."""

from pathlib import Path

import pytest

from device.cli import main


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, a server that is not there, no scene."""
    monkeypatch.setenv("VULTUS_STATION_DATA", str(tmp_path / "station"))
    monkeypatch.setenv("VULTUS_SERVER", "http://127.0.0.1:9")
    monkeypatch.delenv("VULTUS_STATION_SCENE", raising=False)
    monkeypatch.delenv("VULTUS_STATION_DEVICE", raising=False)


def test_status_makes_the_key_and_says_what_to_enrol(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0
    said = capsys.readouterr().out
    assert "public key 3059" in said
    assert "enrol the station" in said
    assert "waiting    0" in said


@pytest.mark.parametrize("command", [["run"], ["selftest"], ["calibrate", "somebody"]])
def test_without_a_scene_nothing_is_simulated(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) == 1
    assert "VULTUS_STATION_SCENE" in capsys.readouterr().err


def test_selftest_says_that_the_server_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scene.json").write_text("{}")
    monkeypatch.setenv("VULTUS_STATION_SCENE", str(tmp_path / "scene.json"))
    monkeypatch.setenv("VULTUS_STATION_DEVICE", "0d3ac6a7-21f3-4f0b-8f0e-0a6c4e3b9a11")
    assert main(["selftest"]) == 1
    assert "server  the server does not answer" in capsys.readouterr().out


def test_an_unknown_word_ends_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["dance"])
    assert "usage: vultus-station" in capsys.readouterr().err
