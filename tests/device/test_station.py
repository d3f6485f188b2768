"""A whole simulated station against the honest server: from enrolment to the accepted view."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.imaging.decode import decode
from adapters.memory import ManualClock
from device.protocol import MOST_TRIES, SETTLE_US
from device.provision import provision
from device.script import Script, read_script
from device.settings import Settings
from device.simulated import SimulatedStation
from device.simulated_station import simulated_station
from device.simulation.rig import PREVIEW
from device.station import Station
from device.work import work
from domain.errors import MalformedInput, RuleViolation, Unavailable
from domain.events.capture_session import AttemptSubmitted, CaptureBlocked
from domain.events.codec import to_plain
from domain.events.equipment import (
    CalibrationRecorded,
    DeviceConfigurationChanged,
    FieldCheckPerformed,
    IlluminationCalibrated,
)
from domain.events.refused_capture import CaptureFailed, CaptureGivenUp
from domain.values.calibration import CalibrationRecord
from domain.values.capture import CAPTURE_GATES, SERVER_GATES, Gate, failed
from domain.values.gates import block, let_pass, station_gates
from domain.values.identifiers import DeviceId, SessionId
from domain.values.protocol import ProtocolContent
from domain.values.quality import Limit
from tests.builders import (
    DEVICE,
    MODEL_LIST,
    OPERATOR,
    SESSION,
    a_protocol_content,
    device_time,
    later,
)
from tests.device.server import Server, busy

CONTENT: ProtocolContent = replace(
    a_protocol_content(),
    station_limits=(
        Limit(name="distance", minimum=430.0, maximum=470.0, unit="mm", advice="Mind the bar."),
        Limit(name="face_symmetry", minimum=0.7, maximum=None, unit="1", advice="Look straight."),
        Limit(name="face_roll", minimum=-6.0, maximum=6.0, unit="deg", advice="Hold upright."),
        Limit(
            name="colour_difference_corrected_mean",
            minimum=None,
            maximum=4.0,
            unit="dE00",
            advice="Clean the chart.",
        ),
    ),
)
LIMITS = replace(CONTENT.calibration, reprojection_error_px=0.5, epipolar_error_px=0.5)
SUBJECT = {"identity_seed": 11}
Kind = TypeVar("Kind")


class Steps:
    """A clock that never goes back and moves on by the settling time at every reading."""

    def __init__(self) -> None:
        """Begin at 0."""
        self.now_us = 0

    def __call__(self) -> int:
        """Return the time and move on."""
        self.now_us += SETTLE_US
        return self.now_us


@dataclass(slots=True)
class Clinic:
    """A station, what it looks at, and its server."""

    station: Station
    simulated: SimulatedStation
    server: Server
    settings: Settings
    clock: ManualClock
    printed: list[str]

    def until_waiting(self, statements: int) -> None:
        """Let the station work until so many statements wait, without delivering."""
        for _ in range(20):
            if self.station.outbox.state().waiting >= statements:
                return
            self.station.step()
        raise AssertionError(self.simulated.panel.shown)

    def deliver(self) -> None:
        """Deliver everything and fetch orders."""
        done = self.station.delivery.drain()
        assert done.problem is None
        self.station.ask_now()

    def attempts(self) -> list[AttemptSubmitted]:
        """Return the attempts that arrived."""
        return [
            each for each in self.server.recorded.values() if isinstance(each, AttemptSubmitted)
        ]

    def judge(self, *, accepted: bool) -> None:
        """Let the server judge the last attempt."""
        attempt = self.attempts()[-1]
        (order,) = self.server.orders
        if accepted:
            order["accepted_views"] = [str(attempt.view)]
        advice = [] if accepted else ["Ask her to exhale and hold."]
        verdict = {"attempt": str(attempt.attempt), "accepted": accepted, "advice": advice}
        order["judged"] = [verdict]
        self.station.ask_now()


def a_clinic(folder: Path, script: Script, cache: Path, device: DeviceId = DEVICE) -> Clinic:
    """Provision and start a station."""
    settings = Settings(
        folder=folder, server="http://127.0.0.1", device=device, poll_s=0.0, reserve_bytes=0
    )
    made = provision(settings)
    server = Server(ManualClock(later()), device, made.public_key)
    clock = ManualClock(later())
    printed: list[str] = []
    station, simulated = simulated_station(
        settings,
        script=script,
        resolution=PREVIEW,
        cache=cache,
        http=server.http(),
        clock=clock,
        say=printed.append,
    )
    station._monotonic_us = Steps()
    return Clinic(station, simulated, server, settings, clock, printed)


def a_script(*takes: dict[str, object]) -> Script:
    """Return a script with one person and these takes."""
    return read_script({"sessions": [{"subject": SUBJECT, "takes": list(takes)}]})


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for heads and views, shared by all tests."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> tuple[Path, Clinic]:
    """A station that was calibrated, and its closed folder to start others from."""
    clinic = a_clinic(tmp_path_factory.mktemp("calibrated") / "station", a_script({}), cache)
    clinic.station.ask_now()
    record = clinic.station.calibrate(operator=OPERATOR, limits=LIMITS).record
    clinic.station.calibrate_light()
    clinic.deliver()
    clinic.server.calibration = (record.calibration, record.parameters.digest)
    clinic.deliver()
    return clinic.settings.folder, clinic


def the_calibration(clinic: Clinic) -> CalibrationRecord:
    """Return the calibration that arrived."""
    (record,) = [
        each.calibration
        for each in clinic.server.recorded.values()
        if isinstance(each, CalibrationRecorded)
    ]
    return record


@pytest.mark.verifies("REQ-IN-133", "REQ-IN-134", "REQ-IN-135", "REQ-IN-136", "REQ-IN-137")
def test_the_calibration_is_stated_with_its_parameters(calibrated: tuple[Path, Clinic]) -> None:
    _, clinic = calibrated
    record = the_calibration(clinic)
    assert record.passed, record.reasons
    assert record.baseline_mm == pytest.approx(80.0, abs=0.2)
    assert record.operator == OPERATOR
    assert record.parameters.digest in clinic.server.content
    assert isinstance(clinic.server.recorded[1], DeviceConfigurationChanged)


def test_the_field_check_passes_and_finds_a_rig_that_moved(calibrated: tuple[Path, Clinic]) -> None:
    _, clinic = calibrated
    assert clinic.station.check_in_field(limits=LIMITS).passed
    clinic.simulated.play(a_script({"faults": ["rig drift"]}))
    check = clinic.station.check_in_field(limits=LIMITS)
    assert not check.passed
    assert "epipolar error" in check.evidence
    clinic.deliver()
    checks = [e for e in clinic.server.recorded.values() if isinstance(e, FieldCheckPerformed)]
    assert [each.passed for each in checks] == [True, False]


def ready(
    folder: Path, calibrated: tuple[Path, Clinic], cache: Path, request: pytest.FixtureRequest
) -> Clinic:
    """Return a calibrated station with a session, and takes from the test's parameter."""
    home, before = calibrated
    takes: list[dict[str, object]] = getattr(request, "param", [{}])
    made = a_clinic(home.parent / folder.name, a_script(*takes), cache)
    record = the_calibration(before)
    parameters = before.server.content[record.parameters.digest]
    made.station.outbox.keep(f"parameters/{record.parameters.digest}", parameters)
    made.server.calibration = (record.calibration, record.parameters.digest)
    made.server.open_session(SESSION, CONTENT)
    return made


@pytest.fixture
def unlit(
    tmp_path: Path, calibrated: tuple[Path, Clinic], cache: Path, request: pytest.FixtureRequest
) -> Clinic:
    """A station whose light was never calibrated."""
    return ready(tmp_path, calibrated, cache, request)


@pytest.fixture
def clinic(
    tmp_path: Path, calibrated: tuple[Path, Clinic], cache: Path, request: pytest.FixtureRequest
) -> Clinic:
    """A station whose light was calibrated this morning."""
    made = ready(tmp_path, calibrated, cache, request)
    light = calibrated[1].station.outbox.kept("illumination")
    assert light is not None
    made.station.outbox.keep("illumination", light)
    return made


@pytest.mark.verifies(
    "REQ-IN-083", "REQ-IN-086", "REQ-IN-087", "REQ-IN-088", "REQ-IN-089", "REQ-IN-090", "DRV-07"
)
@pytest.mark.parametrize(
    "unlit", [[{"faults": ["too close"]}, {"at_shutter": ["defocus"]}, {}]], indirect=True
)
def test_a_blocked_then_a_rejected_then_an_accepted_capture(unlit: Clinic) -> None:
    clinic = unlit
    clinic.until_waiting(4)
    clinic.deliver()
    configured, light, blocked, attempt = clinic.server.recorded.values()
    assert isinstance(configured, DeviceConfigurationChanged)
    assert isinstance(light, IlluminationCalibrated)
    assert light.illumination.passed, light.illumination.reasons
    assert light.illumination.cct_k == pytest.approx(5600, abs=200)
    assert all(zone.healthy and zone.current_ma > 0 for zone in light.illumination.zones)
    assert isinstance(blocked, CaptureBlocked)
    assert [each.gate for each in failed(blocked.gates)] == [Gate.DISTANCE]
    assert "Move away from the cameras by at least 55.0 mm" in failed(blocked.gates)[0].next_step
    assert isinstance(attempt, AttemptSubmitted)
    clinic.judge(accepted=False)
    clinic.until_waiting(1)
    assert "Not accepted. Ask her to exhale and hold." in clinic.simulated.panel.shown
    clinic.deliver()
    clinic.judge(accepted=True)
    assert clinic.station.step() is False
    assert clinic.simulated.panel.shown[-1] == "All views are accepted."
    assert clinic.printed[0] == f"Session {SESSION}."
    assert "Move away from the cameras by at least 55.0 mm" in clinic.printed[2]
    assert clinic.printed[3] == "The shutter was refused: change what is said above."
    assert clinic.printed[-6:] == [
        "Hold still.",
        "Thank you, you may move. Waiting for the verdict.",
        "Not accepted. Ask her to exhale and hold.",
        "Hold still.",
        "Thank you, you may move. Waiting for the verdict.",
        "All views are accepted.",
    ]
    first, second = clinic.attempts()
    assert first.attempt != second.attempt
    assert clinic.server.arrived == sorted(clinic.server.arrived)


@pytest.mark.verifies("REQ-IN-092", "REQ-IN-094")
def test_an_attempt_states_every_condition_the_server_will_check(clinic: Clinic) -> None:
    clinic.until_waiting(2)
    clinic.deliver()
    (attempt,) = clinic.attempts()
    conditions = attempt.conditions
    assert not failed(station_gates(attempt.gates, conditions, CONTENT))
    assert {each.gate for each in attempt.gates} == set(CAPTURE_GATES)
    assert conditions.colour_reference_passed
    assert conditions.model_manifest == MODEL_LIST
    assert conditions.clock_offset_ms == 0.0
    assert {each.name for each in attempt.claims} >= {"distance", "face_found"}
    for frame, serial in zip(attempt.frames, clinic.settings.camera_serials, strict=True):
        stored = decode(clinic.server.content[frame.content.digest])
        assert (stored.width, stored.height) == (frame.width_px, frame.height_px)
        assert stored.facts.colour_claim != "undeclared"
        assert frame.camera_serial == serial


@pytest.mark.parametrize(
    "clinic", [[{"engaged": False}, {"baseline_locked": False}]], indirect=True
)
def test_the_rest_and_the_lock_of_the_baseline_block(clinic: Clinic) -> None:
    clinic.until_waiting(3)
    clinic.deliver()
    blocked = [e for e in clinic.server.recorded.values() if isinstance(e, CaptureBlocked)]
    assert [failed(each.gates)[0].gate for each in blocked] == [Gate.FIXTURE, Gate.BASELINE]
    assert not clinic.attempts()


@pytest.mark.parametrize("unlit", [[{"faults": ["light zone out"]}, {}]], indirect=True)
def test_a_dead_zone_blocks_until_the_light_is_whole_again(unlit: Clinic) -> None:
    clinic = unlit
    clinic.until_waiting(4)
    clinic.deliver()
    lights = [e for e in clinic.server.recorded.values() if isinstance(e, IlluminationCalibrated)]
    assert "zone left" in lights[0].illumination.reasons[0]
    (blocked,) = [e for e in clinic.server.recorded.values() if isinstance(e, CaptureBlocked)]
    assert [each.gate for each in failed(blocked.gates)] == [Gate.ILLUMINATION]
    clinic.until_waiting(2)
    clinic.deliver()
    assert clinic.server.recorded[5].illumination.passed  # type: ignore[union-attr]
    assert len(clinic.attempts()) == 1


def test_the_station_goes_on_while_the_server_is_away_and_delivers_later(clinic: Clinic) -> None:
    clinic.station.step()
    clinic.server.trouble.extend([busy] * 50)
    clinic.until_waiting(2)
    assert clinic.station.problem is not None
    assert clinic.station.delivery.step().problem is not None
    clinic.server.trouble.clear()
    clinic.deliver()
    assert len(clinic.attempts()) == 1


def test_a_station_started_again_goes_on_with_its_numbers_and_its_light(
    clinic: Clinic, cache: Path
) -> None:
    clinic.until_waiting(2)
    clinic.station.close()
    clinic.station, clinic.simulated = simulated_station(
        clinic.settings,
        script=a_script({}),
        resolution=PREVIEW,
        cache=cache,
        http=clinic.server.http(),
        clock=ManualClock(later(10)),
    )
    clinic.station._monotonic_us = Steps()
    clinic.until_waiting(4)
    clinic.deliver()
    names = [type(each).__name__ for each in clinic.server.recorded.values()]
    assert names == [
        "DeviceConfigurationChanged",
        "AttemptSubmitted",
        "DeviceConfigurationChanged",
        "AttemptSubmitted",
    ]


def stated(clinic: Clinic, kind: type[Kind]) -> list[Kind]:
    """Deliver everything and return the facts of a kind that arrived."""
    clinic.deliver()
    return [each for each in clinic.server.recorded.values() if isinstance(each, kind)]


def told(clinic: Clinic, *closed: Gate) -> None:
    """Let the server tell of its gates, these ones closed."""
    (order,) = clinic.server.orders
    order["gates"] = [
        to_plain(
            block(gate, "told so", f"Mind the {gate}.") if gate in closed else let_pass(gate, "ok")
        )
        for gate in SERVER_GATES
    ]
    clinic.station.ask_now()


@pytest.mark.verifies(
    "REQ-IN-077", "REQ-IN-078", "REQ-IN-079", "REQ-IN-080", "REQ-IN-081", "DRV-07"
)
@pytest.mark.parametrize("gate", SERVER_GATES)
def test_a_gate_that_the_server_closes_blocks_the_shutter_and_is_stated(
    clinic: Clinic, gate: Gate
) -> None:
    clinic.station.step()
    told(clinic, gate)
    clinic.until_waiting(2)
    (blocked,) = stated(clinic, CaptureBlocked)
    assert [each.gate for each in failed(blocked.gates)] == [gate]
    assert not clinic.attempts()
    assert f"Mind the {gate}." in clinic.simulated.panel.shown
    told(clinic)
    clinic.until_waiting(1)
    assert len(stated(clinic, AttemptSubmitted)) == 1


@pytest.mark.verifies("REQ-IN-077", "REQ-IN-078")
def test_what_the_server_told_does_not_count_for_longer_than_it_said(clinic: Clinic) -> None:
    clinic.server.gates_last_s = 60.0
    clinic.station.ask_now()
    clinic.server.trouble.extend([busy] * 1000)
    clinic.station._monotonic_us.now_us += 61_000_000  # type: ignore[attr-defined]
    clinic.until_waiting(2)
    clinic.server.trouble.clear()
    (blocked,) = stated(clinic, CaptureBlocked)
    assert {each.gate for each in failed(blocked.gates)} == set(SERVER_GATES)
    assert not clinic.attempts()


@pytest.mark.verifies("REQ-IN-080")
def test_a_calibration_expires_by_the_stations_own_clock(clinic: Clinic) -> None:
    clinic.server.valid_until = device_time()
    clinic.until_waiting(2)
    (blocked,) = stated(clinic, CaptureBlocked)
    assert [each.gate for each in failed(blocked.gates)] == [Gate.CALIBRATION]
    assert "by the station's clock" in failed(blocked.gates)[0].evidence


@pytest.mark.verifies("REQ-IN-081")
def test_what_runs_here_must_be_approved_whatever_the_server_believes(clinic: Clinic) -> None:
    (order,) = clinic.server.orders
    order["protocol_content"] = to_plain(replace(CONTENT, firmware=("9.9",)))
    clinic.until_waiting(2)
    (blocked,) = stated(clinic, CaptureBlocked)
    assert [each.gate for each in failed(blocked.gates)] == [Gate.VERSIONS]


@pytest.mark.verifies("DRV-07")
def test_without_room_on_the_disk_nothing_is_captured_and_that_is_a_fact(clinic: Clinic) -> None:
    clinic.station._capturing._settings = replace(clinic.settings, reserve_bytes=1 << 62)
    for _ in range(4):
        clinic.station.step()
    assert any("disk is nearly full" in words for words in clinic.simulated.panel.shown)
    assert not any(name.startswith("Thank you") for name in clinic.simulated.panel.shown)
    (failure,) = stated(clinic, CaptureFailed)
    assert failure.rule == "capture.disk"
    assert not failure.gates


@pytest.mark.parametrize("clinic", [[{"armed": False}]], indirect=True)
def test_without_room_and_without_anybody_asking_nothing_is_refused(clinic: Clinic) -> None:
    clinic.station._capturing._settings = replace(clinic.settings, reserve_bytes=1 << 62)
    for _ in range(4):
        clinic.station.step()
    assert "disk is nearly full" in clinic.simulated.panel.shown[-1]
    assert not stated(clinic, CaptureFailed)


@pytest.mark.verifies("DRV-07")
@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (Unavailable("the right camera gives no picture"), "capture.hardware"),
        (RuleViolation("camera.skew", "the pair is 9 ms apart", "Check the cable."), "camera.skew"),
        (MalformedInput("the picture cannot be encoded"), "capture.hardware"),
    ],
    ids=["away", "skew", "broken"],
)
def test_a_shutter_that_fails_behind_open_gates_is_a_fact_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, error: Exception, rule: str
) -> None:
    def shoot() -> None:
        raise error

    monkeypatch.setattr(clinic.station._hardware.cameras, "shoot", shoot)
    for _ in range(9):
        clinic.station.step()
    (failure,) = stated(clinic, CaptureFailed)
    assert failure.rule == rule
    assert failure.evidence in str(error)
    assert {each.gate for each in failure.gates} == set(CAPTURE_GATES)
    monkeypatch.undo()
    clinic.until_waiting(1)
    assert len(stated(clinic, AttemptSubmitted)) == 1


@pytest.mark.verifies("DRV-07")
def test_giving_up_is_a_fact(clinic: Clinic) -> None:
    clinic.until_waiting(2)
    for _ in range(MOST_TRIES):
        clinic.until_waiting(1)
        clinic.deliver()
        clinic.judge(accepted=False)
    clinic.until_waiting(1)
    (given_up,) = stated(clinic, CaptureGivenUp)
    assert given_up.tries == MOST_TRIES
    assert "exhale" in given_up.evidence
    assert not clinic.station.step()


def test_a_disk_that_fills_up_at_the_shutter_is_told_and_nothing_is_half_done(
    clinic: Clinic,
) -> None:
    clinic.until_waiting(1)
    connection = clinic.station.outbox._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + 10}")
    for _ in range(3):
        clinic.station.step()
    assert any("disk is full" in words for words in clinic.simulated.panel.shown)
    connection.execute("PRAGMA max_page_count = 1000000")
    clinic.until_waiting(3)
    (failure,) = stated(clinic, CaptureFailed)
    assert "disk is full" in failure.evidence
    assert len(clinic.attempts()) == 1


@pytest.mark.verifies("DRV-07")
def test_a_fact_that_the_disk_does_not_take_is_stated_before_the_next_look(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    clinic.station.step()
    monkeypatch.setattr(clinic.station._facts, "state", full)
    told(clinic, Gate.CONSENT)
    clinic.station.step()
    assert "Not recorded yet: the disk is full." in clinic.simulated.panel.shown
    with pytest.raises(Unavailable):
        clinic.station.step()
    monkeypatch.undo()
    clinic.station.step()
    (blocked,) = stated(clinic, CaptureBlocked)
    assert [each.gate for each in failed(blocked.gates)] == [Gate.CONSENT]


def test_nothing_is_stated_before_the_server_was_heard_once(tmp_path: Path, cache: Path) -> None:
    clinic = a_clinic(tmp_path / "station", a_script({}), cache)
    clinic.server.trouble.extend([busy] * 4)
    assert clinic.station.step() is False
    with pytest.raises(Unavailable, match="not reached"):
        clinic.station.calibrate_light()
    assert clinic.station.outbox.state().last_sequence == 0


def test_without_a_locked_calibration_its_gates_stay_closed(clinic: Clinic) -> None:
    clinic.server.calibration = None
    clinic.until_waiting(2)
    clinic.deliver()
    (blocked,) = [e for e in clinic.server.recorded.values() if isinstance(e, CaptureBlocked)]
    assert [each.gate for each in failed(blocked.gates)] == [Gate.CALIBRATION, Gate.BASELINE]
    with pytest.raises(RuleViolation, match="in-force"):
        clinic.station.check_in_field(limits=LIMITS)


def test_a_station_without_identifier_does_not_start(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, server="http://127.0.0.1")
    with pytest.raises(RuleViolation, match="Enrol"):
        simulated_station(settings, script=Script())


def test_whoever_stands_there_is_told_what_is_in_the_way_and_what_was_refused(
    clinic: Clinic,
) -> None:
    no = {"rule": "capture.gates", "evidence": "consent", "next_step": "Ask her again."}
    clinic.server.refuse = lambda event: no if isinstance(event, AttemptSubmitted) else None
    clinic.server.trouble.extend([busy] * 2)
    stop, said = threading.Event(), list[str]()
    running = threading.Thread(
        target=work, args=(clinic.station, stop), kwargs={"say": said.append}
    )
    running.start()
    for _ in range(600):
        if len(said) >= 3 or not running.is_alive():
            break
        stop.wait(0.1)
    stop.set()
    running.join(30)
    assert said == [
        "Problem: the server cannot now: the disk is full",
        "The station goes on.",
        "Refused by the service: capture.gates: consent. Ask her again.",
    ]


def test_capture_and_delivery_run_side_by_side_until_stopped(clinic: Clinic) -> None:
    stop = threading.Event()
    running = threading.Thread(target=work, args=(clinic.station, stop))
    running.start()
    for _ in range(600):
        if clinic.attempts() or not running.is_alive():
            break
        stop.wait(0.1)
    stop.set()
    running.join(30)
    assert len(clinic.attempts()) == 1
    assert SessionId.of_stream(clinic.server.streams[2]) == SESSION
