"""The demonstration: the whole journey, told through the shipped programs."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, vultus, vultus_verify

pytestmark = pytest.mark.slow


@pytest.mark.verifies("REQ-IN-010", "REQ-IN-020", "REQ-IN-021", "DRV-25")
def test_the_evidence_it_leaves_is_accepted_offline(told: Path) -> None:
    done = vultus_verify(
        str(told / "evidence.zip"), "--log-key", str(told / "log-key.txt"), "--json"
    )

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)


def test_the_verifier_runs_with_nothing_but_cryptography(told: Path, tmp_path: Path) -> None:
    # Only the verifier, the ledger mathematics and the errors are on its path.
    for part in ("validation/audit", "domain/ledger"):
        for source in (ROOT / part).glob("*.py"):
            place = tmp_path / part / source.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(source.read_bytes())
    for name in ("domain/__init__.py", "domain/errors.py", "validation/__init__.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-P", "-m", "validation.audit.cli", str(told / "evidence.zip")]
    program = (
        "import sys, runpy; sys.path.insert(0, sys.argv.pop(1));"
        "runpy.run_module('validation.audit.cli', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(tmp_path), *command[4:]],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.verifies("DRV-02", "DRV-05", "REQ-IN-002")
def test_the_whole_log_verifies(told: Path) -> None:
    done = vultus("verify", data=told / "record")

    assert done.returncode == 0, done.stderr
    assert "INTACT" in done.stderr


def test_a_second_start_only_serves_and_is_quick(told: Path) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "validation.demonstration", "--once", "--port", "0"]
    done = subprocess.run(
        [*command, "--data", str(told)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Sign in at" in done.stderr
    assert "first visit" not in done.stderr
    # Not a measurement: a start that tells the story again takes minutes.
    assert time.monotonic() - began < 60


@pytest.mark.verifies("REQ-IN-012", "DRV-24")
def test_replay_shows_the_past(told: Path) -> None:
    begun = vultus("replay", "--until", "0", data=told / "record")
    whole = vultus("replay", "--until", "999999", data=told / "record")

    assert begun.returncode == whole.returncode == 0, begun.stderr + whole.stderr
    assert "done" not in begun.stdout
    assert whole.stdout.count("done") == 2


@pytest.mark.verifies("REQ-IN-009")
def test_projections_can_be_rebuilt(story: Path) -> None:
    done = vultus("rebuild", data=story / "record")

    assert done.returncode == 0, done.stderr


@pytest.mark.verifies("REQ-IN-181", "REQ-IN-183", "REQ-IN-184", "REQ-IN-185")
def test_the_bundle_holds_frames_calibration_and_report(told: Path) -> None:
    with zipfile.ZipFile(told / "evidence.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))

    kinds = [each["media_type"] for each in manifest["blobs"]]
    names = {each["name"] for each in manifest["records"]}
    assert kinds.count("image/png") >= 2
    assert "application/pdf" in kinds
    assert {
        "AttemptSubmitted",
        "AttemptJudged",
        "CalibrationRecorded",
        "CalibrationLocked",
        "DeviceConfigurationChanged",
        "ConsentGranted",
        "InferenceCompleted",
        "AssessmentSignedOff",
        "ReportIssued",
    } <= names
