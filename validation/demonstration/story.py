"""The story: one client, two visits weeks apart, and one photograph from elsewhere.

Rules kept here:

1. The station is the shipped one; only its hardware is simulated. First the client sits too far
   away, then the picture is blurred, then it is good: refusal and rejection are part of the record.
2. The second visit's left cheek holds 1.2 cm³ more, which is measured under a claim that was shown
   on simulated heads; the photograph is uncalibrated, so its volume is refused, and its review is
   left to whoever looks on.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from api.serving import Service
from device.provision import provision
from device.script import Script, ScriptedSession, Take
from device.settings import DEFAULT_COLOUR_LIMITS, DEFAULT_FIELD_LIMITS
from device.settings import Settings as StationSettings
from device.simulated_station import simulated_station
from device.simulation.faults import Fault, FaultState
from device.simulation.identity import SessionChange, Side, TypologyClass
from device.simulation.scene import Subject
from device.station import Station
from device.work import work
from domain.errors import NotFound
from domain.values.identifiers import DeviceId, PractitionerId
from validation.demonstration import people, setting, visits
from validation.demonstration.clock import StoryClock
from validation.demonstration.people import Person, Secrets
from validation.demonstration.protocols import PHOTOGRAPH, STEREO_FACE, of_this_build
from validation.demonstration.volume_claim import STATION_MODEL, volume_claim
from validation.studies.plans import PLANS

Say = Callable[[str], None]
BEGINS = timedelta(weeks=6)
SECOND_VISIT = timedelta(hours=5)
PHOTOGRAPH_COMES = timedelta(hours=1)
CLIENT = Subject(identity_seed=7, typology=TypologyClass.INTERMEDIATE)
CHANGED = replace(
    CLIENT,
    change=SessionChange(cheek_volume_cm3=1.2, side=Side.LEFT, spots_faded=0.5, redness_faded=0.3),
)
FIRST = ScriptedSession(
    subject=CLIENT,
    takes=(
        Take(faults=(FaultState(fault=Fault.TOO_FAR),)),
        Take(at_shutter=(FaultState(fault=Fault.DEFOCUS, severity=1.4),)),
        Take(),
    ),
)
SECOND = ScriptedSession(subject=CHANGED, takes=(Take(),))
PHOTOGRAPH_SOURCE = (
    "NASA portrait of the astronaut Eileen Collins, public domain; as distributed with scikit-image"
)


class Story:
    """Everything that happens, told once and continued where it was interrupted."""

    def __init__(
        self, service: Service, *, clock: StoryClock, folder: Path, secrets: Secrets, say: Say
    ) -> None:
        """Tell it to this service."""
        self._service = service
        self._system = service.system
        self._clock = clock
        self._folder = folder
        self._secrets = secrets
        self._say = say

    def tell(self) -> str:
        """Tell the whole story and return the last report."""
        self._say("a clinic, its people, models, protocols, a claim and plans of studies")
        setting.found_clinic(self._system, self._secrets)
        with self._person(people.ADMINISTRATOR) as administrator:
            setting.register_people(administrator, self._secrets)
        self._let_everybody_in()
        with self._person(people.QUALITY) as quality, self._person(people.SECOND) as second:
            setting.register_model(self._system, quality, second)
            face = setting.approve_protocol(quality, second, of_this_build(STEREO_FACE))
            photograph = setting.approve_protocol(quality, second, PHOTOGRAPH)
            setting.validate_claim(quality, second, volume_claim())
            for plan in PLANS.values():
                setting.lay_down_study(quality, second, plan)
            self._say("a capture station is enrolled, calibrated and locked for use")
            station_settings = self._enrol(quality)
            self._calibrate(second, station_settings)
        device = str(station_settings.device)
        self._say("first visit: a refusal, a blurred picture, then a good one")
        client = self._visit(device, face, FIRST, station_settings, key="first")
        self._review(client, "Baseline before treatment. Nothing noted beyond the findings above.")
        self._clock.skip_to(SECOND_VISIT)
        self._say("second visit, weeks later, at a station that was looked after")
        self._look_after(station_settings)
        client = self._visit(device, face, SECOND, station_settings, key="second")
        report = self._review(
            client,
            "Follow-up. No change of skin tone that can be detected; the left cheek measures more "
            "volume than before. Review in six weeks.",
        )
        self._clock.skip_to(PHOTOGRAPH_COMES)
        self._say("a photograph from elsewhere: analysed, but volume is refused")
        self._import(photograph)
        self._clock.skip_to(timedelta(0))
        return report

    def bundle(self, report: str) -> bytes:
        """Return the evidence behind a report."""
        with self._person(people.PRACTITIONER) as practitioner:
            return practitioner.download(
                f"/reports/{report}/bundle",
                {"purpose": "demonstration of offline verification"},
                key="demo-evidence-bundle",
            )

    def _let_everybody_in(self) -> None:
        """Let everybody choose a password who did not yet."""
        for account in people.ROLES:
            known = self._secrets.of(account)
            if known is not None and not known.own:
                with self._person(account):
                    pass

    @contextmanager
    def _person(self, account: str) -> Iterator[Person]:
        secret = self._secrets.of(account)
        if secret is None:
            message = f"nobody was registered as {account}"
            raise NotFound(message)
        person = Person(secret, address=self._service.address, clock=self._clock)
        try:
            if person.owes_password:
                person.choose_password(self._secrets.own(secret))
            if not secret.own:
                self._secrets.keep_own(secret, person.password)
            yield person
        finally:
            person.close()

    def _enrol(self, quality: Person) -> StationSettings:
        settings = StationSettings(
            folder=self._folder / "station",
            server=self._service.address,
            model=STATION_MODEL,
            poll_s=0.2,
        )
        made = provision(settings)
        enrolled = quality.post(
            "/devices",
            {"serial": made.serial, "model": made.model, "public_key": made.public_key},
            key="demo-enrol-station",
        )
        return replace(settings, device=DeviceId(enrolled["device"]))

    def _calibrate(self, second: Person, settings: StationSettings) -> None:
        path = f"/devices/{settings.device}"
        visits.settle(self._system)
        if any(each["state"] == "locked" for each in second.get(path)["calibrations"]):
            return
        with self._station(settings, replace(FIRST, takes=(Take(),))) as station:
            operator = PractitionerId(second.me["practitioner"])
            station.calibrate_light()
            station.measure_light_field(limits=DEFAULT_FIELD_LIMITS)
            station.calibrate_colour(limits=DEFAULT_COLOUR_LIMITS)
            station.calibrate(operator=operator, limits=STEREO_FACE.calibration)
            station.delivery.drain()
        visits.settle(self._system)
        found = second.get(path)["calibrations"][0]
        second.approve(
            f"{path}/calibrations/{found['calibration']}/lock",
            digest=found["digest"],
            key=f"demo-lock-{found['calibration'][:18]}",
        )

    def _look_after(self, settings: StationSettings) -> None:
        """Check the calibration in the field, and light and colours anew: after weeks they are due.

        An interrupted story does this again; each result is a fact of its own.
        """
        with self._station(settings, replace(SECOND, takes=(Take(),))) as station:
            station.calibrate_light()
            station.measure_light_field(limits=DEFAULT_FIELD_LIMITS)
            station.calibrate_colour(limits=DEFAULT_COLOUR_LIMITS)
            station.check_in_field(limits=STEREO_FACE.calibration)
            station.delivery.drain()
        visits.settle(self._system)

    @contextmanager
    def _station(self, settings: StationSettings, script: ScriptedSession) -> Iterator[Station]:
        station, _ = simulated_station(
            settings,
            script=Script(sessions=(script,)),
            cache=self._folder.parent / "simulation-cache",
            clock=self._clock,
        )
        try:
            yield station
        finally:
            station.close()

    def _visit(
        self,
        device: str,
        protocol: str,
        script: ScriptedSession,
        settings: StationSettings,
        *,
        key: str,
    ) -> str:
        with self._person(people.OPERATOR) as operator:
            subject = visits.enrol(operator, key="client", number="1")
            visits.consent(operator, subject, key="client")
            session = visits.open_session(
                operator, subject=subject, device=device, protocol=protocol, key=key
            )
            stop = threading.Event()
            with self._station(settings, script) as station:
                working = threading.Thread(
                    target=work, args=(station, stop), name="station", daemon=True
                )
                working.start()
                try:
                    visits.close_when_accepted(operator, session, key=key)
                finally:
                    stop.set()
                    working.join()
        return session

    def _review(self, session: str, conclusion: str) -> str:
        key = session[:18]
        with self._person(people.PRACTITIONER) as practitioner:
            assessment = visits.assessment_of(practitioner, session)
            visits.review(practitioner, assessment, conclusion, key=key)
            return visits.sign(practitioner, assessment, key=key)

    def _import(self, protocol: str) -> None:
        with self._person(people.OPERATOR) as operator:
            subject = visits.enrol(operator, key="portrait", number="2")
            visits.consent(operator, subject, key="portrait")
            session = visits.open_session(
                operator, subject=subject, device=None, protocol=protocol, key="portrait"
            )
            if operator.get(f"/capture-sessions/{session}")["state"] == "open":
                operator.upload(
                    f"/capture-sessions/{session}/photographs",
                    key="demo-import-portrait",
                    file=("photograph.png", photograph().read_bytes(), "image/png"),
                    fields={"view": "frontal", "source": PHOTOGRAPH_SOURCE},
                )
            visits.close_when_accepted(operator, session, key="portrait")
            visits.assessment_of(operator, session)


def photograph() -> Path:
    """Return the real photograph of a face that comes with scikit-image; nothing of it is run.

    Raises:
        NotFound: it is not installed.
    """
    found = find_spec("skimage")
    if found is None or found.origin is None:
        message = "the photograph is not installed; start through ./vultus"
        raise NotFound(message)
    return Path(found.origin).parent / "data" / "astronaut.png"
