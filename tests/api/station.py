"""A small station that signs real requests and real statements, right or wrong as a test wants."""

import base64
import json
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.device_requests import Message, sign_request
from adapters.memory import ManualClock
from domain.events.capture_session import AttemptSubmitted, CaptureBlocked
from domain.events.codec import encode
from domain.events.equipment import (
    CalibrationRecorded,
    DeviceConfigurationChanged,
    FieldCheckPerformed,
    IlluminationCalibrated,
)
from domain.events.names import Event
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.values.capture import Gate, Stage
from domain.values.content import ContentReference, Digest
from domain.values.identifiers import AttemptId, CalibrationId, DeviceId, SessionId
from domain.values.time import DeviceTime
from tests.builders import (
    FRONTAL,
    a_calibration_record,
    a_configuration,
    a_stereo_pair,
    an_illumination_record,
    conditions,
    gates,
)

PREFIX = "/api/v1/device"
Wire = dict[str, Any]


class Station:
    """One station with its own key, clock and numbers."""

    def __init__(self, http: httpx.Client, clock: ManualClock, *, serial: str = "ST-0001") -> None:
        """Make a key; stand beside the server's clock."""
        self.http = http
        self.clock = clock
        self.serial = serial
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = (
            self.key.public_key()
            .public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .hex()
        )
        self.device = DeviceId.derived(self.public_key)
        self.sequence = 0
        self.calibration: CalibrationId | None = None
        self.behind = timedelta()

    def at(self, http: httpx.Client, clock: ManualClock) -> "Station":
        """Return the same station, where it stands, connected to a copy of the record."""
        other = Station.__new__(Station)
        other.__dict__.update(self.__dict__, http=http, clock=clock)
        return other

    def sign(self, content: bytes) -> bytes:
        """Sign with the station's key."""
        return self.key.sign(content, ec.ECDSA(hashes.SHA256()))

    def now(self) -> DeviceTime:
        """Return the time by the station's own clock."""
        return DeviceTime(self.clock.now().plus(-self.behind).us)

    def headers(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        created: timedelta = timedelta(),
        nonce: str | None = None,
        device: DeviceId | None = None,
    ) -> dict[str, str]:
        """Return the headers of a signed request."""
        message = Message(method=method, url=f"http://127.0.0.1:8460{PREFIX}{path}", headers={})
        sign_request(
            message,
            device=device or self.device,
            sign=self.sign,
            body_digest=None if body is None else sha256(body).digest(),
            created=self.clock.now().plus(created).moment,
            nonce=nonce or secrets.token_hex(16),
        )
        return dict(message.headers)

    def send(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        """Send a signed request."""
        headers = self.headers(method, path, body)
        return self.http.request(method, PREFIX + path, content=body, headers=headers)

    def put(self, content: bytes, session: str | None = None) -> httpx.Response:
        """Deliver content."""
        query = "" if session is None else f"?session={session}"
        return self.send("PUT", f"/blobs/{sha256(content).hexdigest()}{query}", content)

    def post(self, *statements: Wire, clock_us: int | None = None) -> httpx.Response:
        """Deliver statements."""
        batch = {
            "device_clock_us": self.clock.now().us if clock_us is None else clock_us,
            "statements": statements,
        }
        return self.send("POST", "/statements", json.dumps(batch).encode())

    def deliver(self, *statements: Wire) -> Wire:
        """Deliver statements and return what became of them."""
        answered = self.post(*statements)
        assert answered.status_code == 200, answered.text
        found: Wire = answered.json()
        return found

    def state(
        self,
        event: Event,
        *,
        stream: str | None = None,
        sequence: int | None = None,
        blobs: Sequence[str] = (),
        payload: bytes | None = None,
        name: str | None = None,
        schema: int | None = None,
        at: DeviceTime | None = None,
    ) -> Wire:
        """Return a signed statement under the next number, or under the one given."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        usual, version, plain = encode(event)
        salt = secrets.token_bytes(32)
        content = canonical.encode(plain) if payload is None else payload
        where, when = stream or str(self.device.stream), at or self.now()
        signed = device_statement(
            stream=where,
            name=name or usual,
            schema=schema or version,
            device=str(self.device),
            device_sequence=sequence,
            device_time_us=when.us,
            commitment=commitment(salt, content),
        )
        return {
            "stream": where,
            "name": name or usual,
            "schema": schema or version,
            "device_sequence": sequence,
            "device_time_us": when.us,
            "salt": _text(salt),
            "payload": _text(content),
            "signature": _text(self.sign(signed)),
            "blobs": list(blobs),
        }

    def configuration(self) -> Wire:
        """State what runs and is mounted."""
        return self.state(DeviceConfigurationChanged(configuration=a_configuration()))

    def start(self) -> None:
        """Report what runs and is mounted, as at every start."""
        assert not self.deliver(self.configuration())["refused"]

    def calibrate(self) -> str:
        """Deliver a passed calibration."""
        parameters = b'{"camera": "left and right"}'
        assert self.put(parameters).status_code == 201
        self.calibration = CalibrationId.derived(str(self.device), str(self.sequence))
        record = replace(
            a_calibration_record(),
            calibration=self.calibration,
            performed_at=self.now(),
            valid_until=self.now().plus(timedelta(days=29)),
            parameters=ContentReference(
                digest=Digest.of(parameters),
                size_bytes=len(parameters),
                media_type="application/json",
            ),
        )
        statement = self.state(CalibrationRecorded(calibration=record))
        assert not self.deliver(statement)["refused"]
        return str(self.calibration)

    def check(self, number: int) -> FieldCheckPerformed:
        """Return a field check that passed, different for each number."""
        assert self.calibration is not None
        return FieldCheckPerformed(
            performed_at=DeviceTime(1_000_000 + number),
            calibration=self.calibration,
            epipolar_error_px=0.1,
            baseline_error_mm=0.01,
            passed=True,
            evidence="0.1 px",
            basis=None,
        )

    def calibrate_light(self) -> None:
        """Deliver a passed illumination calibration."""
        record = replace(an_illumination_record(), performed_at=self.now())
        assert not self.deliver(
            self.state(IlluminationCalibrated(illumination=record, basis=None))
        )["refused"]

    def attempt(
        self,
        session: str,
        manifest: str,
        contents: tuple[bytes, bytes],
        **changes: Any,  # noqa: ANN401
    ) -> AttemptSubmitted:
        """Return an attempt with these two frames; nothing is delivered yet."""
        frames = tuple(
            replace(
                frame,
                content=ContentReference(
                    digest=Digest.of(content), size_bytes=len(content), media_type="image/png"
                ),
            )
            for frame, content in zip(a_stereo_pair(), contents, strict=True)
        )
        held = replace(
            conditions(),
            device_serial=self.serial,
            calibration=self.calibration,
            model_manifest=Digest(manifest),
            **changes,
        )
        return AttemptSubmitted(
            attempt=AttemptId.derived(session, contents[0].hex(), contents[1].hex()),
            view=FRONTAL,
            frames=frames,
            captured_at=self.now(),
            conditions=held,
            gates=gates(),
            claims=(),
        )

    def capture(
        self,
        session: str,
        manifest: str,
        contents: tuple[bytes, bytes],
        **changes: Any,  # noqa: ANN401
    ) -> Wire:
        """Deliver two frames and return the signed statement about them."""
        for content in contents:
            assert self.put(content, session).status_code == 201
        event = self.attempt(session, manifest, contents, **changes)
        return self.state(event, stream=str(SessionId(session).stream))

    def block(self, session: str, gate: Gate = Gate.DISTANCE) -> Wire:
        """Return the statement that a gate of the station did not open."""
        event = CaptureBlocked(
            stage=Stage.STATION, view=FRONTAL, gates=gates(failing=gate), based_on=()
        )
        return self.state(event, stream=str(SessionId(session).stream))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
