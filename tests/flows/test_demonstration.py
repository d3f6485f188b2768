"""The demonstration: the whole journey, told through the shipped programs."""

import json
import subprocess
import sys
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapters.inference.reproduction import Outcome
from adapters.repeating.repeated import Repeated
from adapters.repeating.table import repeat
from api.serving import opened
from api.settings import from_environment
from api.work import workbench
from domain.events.capture_session import OutputWithheld, PhotographImported
from domain.events.record import Record
from domain.events.volume_change import VolumeChangeMeasured
from domain.values.claim import SIMULATED_LABEL
from domain.values.facial_region import FacialRegion
from domain.values.identifiers import DeviceId
from domain.values.volume_change import ChangeVerdict
from tests.flows.conftest import ROOT, vultus, vultus_verify
from validation.demonstration.story import SECOND

pytestmark = pytest.mark.slow


@pytest.mark.verifies("REQ-IN-010", "REQ-IN-020", "REQ-IN-021", "DRV-25")
def test_the_evidence_it_leaves_is_accepted_offline(told: Path) -> None:
    done = vultus_verify(
        str(told / "evidence.zip"), "--log-key", str(told / "log-key.txt"), "--json"
    )

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)


@pytest.mark.verifies("DRV-25", "REQ-IN-181", "REQ-IN-183")
def test_the_evidence_leads_back_to_the_shutters_of_both_visits(told: Path) -> None:
    key = ("--log-key", str(told / "log-key.txt"), "--json")
    done = vultus_verify(str(told / "evidence.zip"), *key)

    notes = [note for step in json.loads(done.stdout)["steps"] for note in step["notes"]]
    (compared,) = [note for note in notes if "(VolumeChangeMeasured) compares" in note]
    assert compared.count("(AttemptSubmitted)") == 2
    assert [note for note in notes if "figures beside those of" in note]
    assert [note for note in notes if "from their beginning to where they ended at" in note]
    assert [note for note in notes if "records that the report saw" in note]
    assert not [note for note in notes if "named by digest and not in the bundle" in note]


def alone(*command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run Python where of all packages only `cryptography`, and what it needs, can be found."""
    packages = place / "packages"
    packages.mkdir(exist_ok=True)
    for name in ("cryptography", "_cffi_backend"):
        found = find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = packages / source.name
        if not link.exists():
            link.symlink_to(source)
    # -S: no site-packages; -P: not the folder it stands in.
    return subprocess.run(
        [sys.executable, "-S", "-P", *command],
        capture_output=True,
        text=True,
        cwd=place,
        env={"PYTHONPATH": str(packages)},
        timeout=120,
        check=False,
    )


@pytest.mark.verifies("REQ-IN-020", "DRV-25")
def test_the_enclosed_verifier_runs_with_nothing_but_cryptography(
    told: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(told / "evidence.zip") as archive:
        verifier = archive.extract("verifier/vultus-verify.pyz", tmp_path)

    for other in ("numpy", "sqlalchemy", "domain", "validation"):
        assert alone("-c", f"import {other}", place=tmp_path).returncode != 0
    key = ("--log-key", str(told / "log-key.txt"))
    done = alone(verifier, str(told / "evidence.zip"), *key, place=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED" in done.stdout


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


def recorded(story: Path) -> tuple[Record, ...]:
    """Return everything that is recorded."""
    settings = from_environment({"VULTUS_DATA": str(story / "record")})
    with opened(settings, say=lambda _: None) as system:
        return tuple(system.log.after(-1, limit=10_000))


@pytest.mark.verifies("DRV-20")
def test_every_check_of_the_station_comes_out_the_same_again(story: Path) -> None:
    settings = from_environment({"VULTUS_DATA": str(story / "record")})
    with opened(settings, say=lambda _: None) as system:
        bench = workbench(system)
        station = [
            record
            for record in system.log.after(-1, limit=10_000)
            if record.stream.startswith(f"{DeviceId.kind}-")
        ]
        made = [repeat(bench, record) for record in station]

    again = [each for each in made if isinstance(each, Repeated)]
    assert [each for each in made if each is not None] == again, "a check kept only its result"
    assert {each.outcome for each in again} == {Outcome.BIT_IDENTICAL}, again
    assert {each.what for each in again} == {
        "calibration",
        "colour",
        "field-check",
        "illumination",
        "light-field",
    }


@pytest.mark.verifies("REQ-IN-158", "REQ-IN-159", "REQ-IN-160", "DRV-15", "DRV-16", "DRV-17")
def test_the_second_visit_measures_the_cheek_that_gained_volume_and_no_other(story: Path) -> None:
    (change,) = [
        record.event for record in recorded(story) if isinstance(record.event, VolumeChangeMeasured)
    ]
    regions = {each.region: each for each in change.regions}
    findings = {each.code: each for each in change.findings}
    left = regions[FacialRegion.CHEEK_LEFT]
    gained = SECOND.subject.change.cheek_volume_cm3

    assert change.comparability.comparable
    assert left.verdict is ChangeVerdict.INCREASE
    assert abs(left.change - gained) <= left.uncertainty.expanded
    assert left.coverage >= 0.6
    assert {
        each.verdict for region, each in regions.items() if region is not FacialRegion.CHEEK_LEFT
    } == {ChangeVerdict.NONE_DETECTABLE}
    told, other = findings["volume-change-cheek-left"], findings["volume-change-cheek-right"]
    assert (told.value, told.unit, told.coverage_factor) == (left.change, "cm³", 2.0)
    assert (other.value, other.uncertainty) == (None, None)
    assert str(other.text).startswith("No change can be detected")
    assert all(each.limitations[0] == SIMULATED_LABEL for each in change.findings)


@pytest.mark.verifies("REQ-IN-122", "DRV-16")
def test_volume_is_withheld_from_the_photograph_with_the_reason(story: Path) -> None:
    events = [record.event for record in recorded(story)]
    (photograph,) = [each for each in events if isinstance(each, PhotographImported)]
    withheld = [
        each
        for each in events
        if isinstance(each, OutputWithheld) and each.attempt == photograph.attempt
    ]

    assert "volume-change" in {each.output for each in withheld}
    assert all(each.rule and each.evidence and each.next_step for each in withheld)


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
