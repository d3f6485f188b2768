"""Scripts rendered to files, and heads from files instead."""

import json
from pathlib import Path

import numpy as np
import pytest

from device.cli import main
from device.script import read_script
from device.simulate import render_script, scenes_of
from device.simulation.identity import VolumePlace
from tests.device.simulation.test_mesh_file import ball, obj

SCRIPT = {
    "noise_seed": 7,
    "sessions": [
        {"subject": {"identity_seed": 41, "age_years": 63}, "takes": [{}, {"faults": ["smiling"]}]},
        {
            "subject": {
                "identity_seed": 41,
                "age_years": 63,
                "change": {"volumes_cm3": {"chin": 0.4, "temple left": -0.2}, "spots_faded": 0.5},
                "appearance": {
                    "lipstick": 0.5,
                    "glasses": True,
                    "skin": {"redness": 0.3},
                    "expression": {"brow_raise": 0.2},
                },
            },
        },
    ],
}


def test_a_script_says_who_comes_and_how_they_look() -> None:
    scenes = dict(scenes_of(read_script(SCRIPT)))
    assert list(scenes) == ["session-0-take-0", "session-0-take-1", "session-1-take-0"]
    later = scenes["session-1-take-0"].person()
    assert later is not None
    assert later.change.volumes_cm3() == {VolumePlace.CHIN: 0.4, VolumePlace.TEMPLE_LEFT: -0.2}
    assert later.appearance.glasses
    assert later.appearance.skin.redness == 0.3
    assert later.identity().age_years == pytest.approx(63)
    smiling = scenes["session-0-take-1"].person()
    assert smiling is not None
    assert smiling.appearance.expression.smile == 0.8


def test_every_take_is_written_with_its_truth(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({**SCRIPT, "sessions": SCRIPT["sessions"][1:]}), encoding="utf-8")  # type: ignore[index]
    out = tmp_path / "out"
    assert main(["simulate", str(out), "--script", str(script), "--size", "preview"]) == 0
    truth = json.loads((out / "session-0-take-0.json").read_text(encoding="utf-8"))
    assert truth["volumes_cm3"] == {"chin": 0.4, "temple left": -0.2}
    assert truth["looks"]["lipstick"] == 0.5
    assert truth["skin"]["lines"], "at 63"
    assert truth["skin"]["patches"]
    for side in ("left", "right"):
        assert (out / f"session-0-take-0-{side}.png").read_bytes()[:4] == b"\x89PNG"
    with np.load(out / "session-0-take-0.npz") as stored:
        assert np.isfinite(stored["depth_mm"]).mean() > 0.3
    again = list(
        render_script(read_script(json.loads(script.read_text())), tmp_path, size="preview")
    )
    assert [path.name for path in again] == ["session-0-take-0.json"]
    assert again[0].read_bytes() == (out / "session-0-take-0.json").read_bytes()


def test_a_head_from_a_file_takes_the_subjects_place(tmp_path: Path) -> None:
    head = tmp_path / "head.obj"
    head.write_bytes(obj(*ball()))
    out = tmp_path / "out"
    assert main(["simulate", str(out), "--head", str(head), "--size", "preview"]) == 0
    truth = json.loads((out / "session-0-take-0.json").read_text(encoding="utf-8"))
    assert truth["looks"] is None
    assert truth["loaded_head"]["unit"] == "mm"
    assert len(truth["loaded_head"]["digest"]) == 64


def test_a_broken_head_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "head.obj").write_bytes(b"nothing")
    assert main(["simulate", str(tmp_path / "out"), "--head", str(tmp_path / "head.obj")]) == 1
    assert "mesh.empty" in capsys.readouterr().err
