"""Station settings, the script of a simulated scene, and the key they lead to."""

import json
from pathlib import Path

import pytest

from adapters.keys.signing import verify_p256
from device.provision import provision
from device.script import Script, load_script, read_script
from device.secure_key import FileSecureKey
from device.settings import Settings, from_environment, software_digest
from device.simulation.faults import Fault
from device.simulation.identity import Side, TypologyClass
from domain.errors import DigestMismatch, MalformedInput
from domain.rules.equipment import change_configuration
from domain.values.station import Station
from tests.builders import DEVICE


def test_defaults_work_on_one_machine() -> None:
    settings = from_environment({})
    assert settings.server == "http://127.0.0.1:8460"
    assert settings.device is None


def test_every_setting_is_read() -> None:
    settings = from_environment(
        {
            "VULTUS_SERVER": "https://clinic.example/",
            "VULTUS_STATION_DEVICE": DEVICE,
            "VULTUS_STATION_SERIAL": "ST-9",
            "VULTUS_STATION_CAMERAS": "A, B",
            "VULTUS_STATION_BASELINE_MM": "82.5",
            "VULTUS_STATION_NO_REFERENCE": "holder under repair",
            "VULTUS_STATION_SCENE": "scene.json",
        }
    )
    assert settings.server == "https://clinic.example"
    assert settings.device == DEVICE
    assert settings.camera_serials == ("A", "B")
    assert settings.baseline_mm == 82.5
    assert settings.scene == Path("scene.json")


@pytest.mark.parametrize(
    "given",
    [
        {"VULTUS_SERVER": "http://clinic.example"},
        {"VULTUS_STATION_CAMERAS": "A"},
        {"VULTUS_STATION_CAMERAS": "A,A"},
        {"VULTUS_STATION_BASELINE_MM": "wide"},
        {"VULTUS_STATION_DEVICE": "station one"},
    ],
)
def test_a_setting_that_cannot_work_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(MalformedInput):
        from_environment(given)


@pytest.mark.verifies("REQ-IN-124", "REQ-IN-207")
def test_provisioning_tells_one_key_and_a_matched_pair_of_cameras(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, server="http://127.0.0.1")
    made = provision(settings)
    assert provision(settings) == made
    key = FileSecureKey.load_or_create(tmp_path / "keys")
    verify_p256(made.public_key, key.sign(b"content"), b"content")
    assert change_configuration(Station(serial="ST-0001"), made.configuration)
    assert made.configuration.key_storage == "file"
    assert made.configuration.software_digest == software_digest()


def test_what_is_sealed_opens_in_its_own_context_only(tmp_path: Path) -> None:
    key = FileSecureKey.load_or_create(tmp_path / "keys")
    sealed = key.seal(b"content", b"here")
    assert FileSecureKey.load_or_create(tmp_path / "keys").open(sealed, b"here") == b"content"
    for wrong, context in ((sealed, b"there"), (sealed[:-1] + b"x", b"here"), (b"x", b"here")):
        with pytest.raises(DigestMismatch):
            key.open(wrong, context)


def test_a_script_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "scene.json"
    path.write_text(
        json.dumps(
            {
                "noise_seed": 7,
                "sessions": [
                    {
                        "subject": {
                            "identity_seed": 3,
                            "typology": "brown",
                            "change": {"cheek_volume_cm3": 1.2, "side": "right"},
                        },
                        "takes": [
                            {"at_shutter": [{"fault": "defocus", "severity": 0.5}]},
                            {"faults": ["too far"], "pose": {"yaw_deg": 3}, "armed": False},
                        ],
                    }
                ],
            }
        )
    )
    script = load_script(path)
    (session,) = script.sessions
    assert session.subject.typology is TypologyClass.BROWN
    assert session.subject.change.side is Side.RIGHT
    first, second = session.takes
    assert (first.at_shutter[0].fault, first.at_shutter[0].severity) == (Fault.DEFOCUS, 0.5)
    assert second.faults[0].fault is Fault.TOO_FAR
    assert second.pose.yaw_deg == 3.0
    assert not second.armed
    assert read_script({}) == Script()


@pytest.mark.parametrize(
    "plain",
    [
        [],
        {"sessions": []},
        {"sessions": [{"takes": []}]},
        {"session": []},
        {"sessions": [{"takes": [{"fault": "defocus"}]}]},
        {"sessions": [{"takes": [{"faults": ["unknown"]}]}]},
        {"sessions": [{"subject": {"typology": "green"}}]},
        {"sessions": [{"takes": [{"distance_mm": "far"}]}]},
        {"noise_seed": None},
    ],
)
def test_a_script_with_an_unknown_word_is_refused(plain: object) -> None:
    with pytest.raises(MalformedInput):
        read_script(plain)


def test_a_file_that_is_no_script_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scene.json").write_text("no JSON")
    with pytest.raises(MalformedInput, match=r"scene\.json"):
        load_script(tmp_path / "scene.json")
