"""A manifest as somebody wrote it becomes what can be uploaded."""

import argparse
import json
from contextlib import nullcontext
from pathlib import Path

import pytest

from adapters.inference.release import parse_manifest
from api.commands import sign_release
from domain.errors import MalformedInput, RuleViolation
from tests.adapters.inference.learned import learned_model, learned_release, model_of
from tests.api.portal import Portal


@pytest.fixture
def folder(tmp_path: Path, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sign_release, "open_record", lambda: nullcontext(portal.system))
    written = json.dumps(json.loads(learned_release().manifest()), indent=2, ensure_ascii=False)
    (tmp_path / "manifest.json").write_text(written, "utf-8")
    (tmp_path / "model.onnx").write_bytes(learned_model())
    return tmp_path


def signed(folder: Path) -> int:
    parser = argparse.ArgumentParser()
    sign_release.arguments(parser)
    words = [str(folder / name) for name in ("manifest.json", "model.onnx", "signed.json")]
    return sign_release.run(parser.parse_args(words))


@pytest.mark.verifies("DRV-18")
def test_what_is_signed_is_registered(
    folder: Path, portal: Portal, capsys: pytest.CaptureFixture[str]
) -> None:
    assert signed(folder) == 0
    manifest = (folder / "signed.json").read_bytes()
    assert parse_manifest(manifest) == learned_release()
    files = {
        "manifest": ("manifest.json", manifest, "application/json"),
        "model": ("model.onnx", learned_model(), "application/onnx"),
    }
    data = {"signature": capsys.readouterr().out.strip()}
    quality = portal.sign_in("quality")
    assert quality.send("POST", "/model-releases", files=files, data=data).status_code == 201


def test_a_manifest_of_another_model_is_not_signed(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(learned_model(0.5))
    with pytest.raises(RuleViolation, match=r"model\.digest"):
        signed(folder)
    assert not (folder / "signed.json").exists()


def test_a_model_that_would_be_refused_is_not_signed(folder: Path) -> None:
    other = model_of("other (float[1] picture) => (float[1] same) { same = Identity (picture) }")
    (folder / "model.onnx").write_bytes(other)
    (folder / "manifest.json").write_bytes(learned_release(other).manifest())
    with pytest.raises(MalformedInput, match=r"slot\.mismatch"):
        signed(folder)
    assert not (folder / "signed.json").exists()
