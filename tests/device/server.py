"""One honest server for a station: what it answers is what it recorded.

It checks every signature, takes each number once, answers a repeated delivery as it answered the
first, and can lose a request, lose an answer, refuse, be busy, or have another idea of the time.
What a station states of itself it holds against the same rules as the service.
"""

import base64
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256

import httpx

from adapters.device_requests import Message, check_request
from adapters.keys.signing import verify_p256
from domain.errors import RuleViolation, SignatureInvalid
from domain.events.codec import decode, to_plain
from domain.events.equipment import (
    CalibrationRecorded,
    CalibrationViewsRecorded,
    ColourCalibrated,
    DeviceConfigurationChanged,
    DeviceQuarantined,
    DeviceReleased,
    EquipmentEvent,
    FieldCheckPerformed,
    IlluminationCalibrated,
    LightFieldMeasured,
)
from domain.events.names import Event
from domain.ledger import canonical
from domain.ledger.entry import commitment, device_statement
from domain.ports import Clock
from domain.rules import calibration as rules
from domain.rules.equipment import change_configuration, evolve
from domain.values.capture import SERVER_GATES
from domain.values.content import Digest
from domain.values.gates import let_pass
from domain.values.identifiers import CalibrationId, DeviceId, SessionId
from domain.values.protocol import ProtocolContent
from domain.values.station import Station
from domain.values.time import DeviceTime
from tests.builders import MODEL_LIST, OPERATOR, a_protocol_content, device_time
from tests.event_builders import a_session_opened

PREFIX = "/api/v1/device"
Trouble = Callable[["Server", httpx.Request], httpx.Response]
"""Stands in the way of one request, and may still let it through."""


@dataclass(slots=True)
class Server:
    """What the server knows, and what trouble the next requests meet."""

    clock: Clock
    device: DeviceId
    public_key: str
    content: dict[Digest, bytes] = field(default_factory=dict)
    recorded: dict[int, Event] = field(default_factory=dict)
    streams: dict[int, str] = field(default_factory=dict)
    refused: dict[int, dict[str, str]] = field(default_factory=dict)
    arrived: list[int] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    trouble: deque[Trouble] = field(default_factory=deque)
    refuse: Callable[[Event], dict[str, str] | None] = lambda _: None
    orders: list[dict[str, object]] = field(default_factory=list)
    calibration: tuple[CalibrationId, Digest] | None = None
    erased: set[SessionId] = field(default_factory=set)
    signed: int = 0
    valid_until: DeviceTime = field(default_factory=lambda: device_time(60 * 24 * 29))
    gates_last_s: float = 900.0
    protocol: ProtocolContent | None = field(default_factory=a_protocol_content)
    known: Station = field(default_factory=lambda: Station(serial="ST-0001", model="VP-1"))

    def http(self) -> httpx.Client:
        """Return a connection to this server."""
        transport = httpx.MockTransport(self._meet)
        return httpx.Client(base_url="http://127.0.0.1", transport=transport)

    def open_session(self, session: SessionId, content: ProtocolContent) -> None:
        """Give the station a session to capture."""
        opened = a_session_opened()
        order: dict[str, object] = {
            "session": str(session),
            "stream": str(session.stream),
            "operator": str(OPERATOR),
            "purpose": "clinical-capture",
            "protocol": "test",
            "protocol_content": to_plain(content),
            "prompts": to_plain(opened.prompts),
            "model_manifest": str(MODEL_LIST),
            "accepted_views": [],
            "judged": [],
            "attempts": 0,
            "gates": [to_plain(let_pass(gate, "told by the server")) for gate in SERVER_GATES],
        }
        self.orders.append(order)

    def serve(self) -> None:
        """Take the station out of use and put it back, as after service."""
        for event in (DeviceQuarantined(reason="lamps"), DeviceReleased(reason="replaced")):
            self.known = evolve(self.known, event)

    def latest(self) -> int:
        """Return the highest number known."""
        return max((*self.recorded, *self.refused), default=0)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as the server does when nothing stands in the way."""
        try:
            self._check(request)
        except SignatureInvalid as error:
            return problem(401, detail=f"{error}. Our time is {self.clock.now()}.")
        path = request.url.path.removeprefix(PREFIX)
        if request.method == "GET":
            return httpx.Response(200, json=self._orders())
        if path.startswith("/blobs/"):
            return self._store(path.removeprefix("/blobs/"), request.content)
        if path == "/erased":
            asked = json.loads(request.content)["sessions"]
            return httpx.Response(200, json={"erased": sorted(self.erased & {*asked})})
        return httpx.Response(200, json=self._take(json.loads(request.content)))

    def _meet(self, request: httpx.Request) -> httpx.Response:
        if self.trouble:
            return self.trouble.popleft()(self, request)
        return self.answer(request)

    def _check(self, request: httpx.Request) -> None:
        headers = {name.title(): value for name, value in request.headers.items()}
        asker = check_request(
            Message(method=request.method, url=str(request.url), headers=headers),
            public_key_of=lambda _: self.public_key,
            body_digest=sha256(request.content).digest() if request.content else None,
            now=self.clock.now().moment,
        )
        if asker.nonce in self.nonces:
            raise SignatureInvalid("this signed request was used before")
        self.nonces.add(asker.nonce)
        self.signed += 1

    def _orders(self) -> dict[str, object]:
        locked, baseline = self.calibration, self.known.light_baseline
        return {
            "server_time": str(self.clock.now()),
            "device": str(self.device),
            "latest_sequence": self.latest(),
            "calibration": None
            if locked is None
            else {
                "calibration": locked[0],
                "parameters": locked[1],
                "valid_until": str(self.valid_until),
            },
            "illumination_at": None,
            "light_baseline": None if baseline is None else str(baseline),
            "limits": None
            if self.protocol is None
            else {
                "protocol": "test",
                "name": self.protocol.name,
                "version": self.protocol.version,
                "calibration": to_plain(self.protocol.calibration),
            },
            "quarantined": None,
            "gates_last_s": self.gates_last_s,
            "orders": self.orders,
        }

    def _store(self, name: str, body: bytes) -> httpx.Response:
        digest = Digest.of(body)
        if digest != f"sha256:{name}":
            return problem(422, detail="the content is not what its name says")
        self.content[digest] = body
        return httpx.Response(201, json={"digest": digest, "size_bytes": len(body)})

    def _take(self, batch: dict[str, list[dict[str, str]]]) -> dict[str, object]:
        accepted, refused = [], []
        for each in batch["statements"]:
            number = int(each["device_sequence"])
            self.arrived.append(number)
            if number not in self.recorded and number not in self.refused:
                self._record(number, each)
            if number in self.recorded:
                accepted.append(
                    {
                        "device_sequence": number,
                        "seq": number,
                        "version": 1,
                        "committed_at": str(self.clock.now()),
                    }
                )
            else:
                refused.append({"device_sequence": number, **self.refused[number]})
        return {
            "server_time": str(self.clock.now()),
            "latest_sequence": self.latest(),
            "accepted": accepted,
            "refused": refused,
        }

    def _record(self, number: int, each: dict[str, str]) -> None:
        assert number == self.latest() + 1, "a number was skipped or came out of order"
        payload, salt = base64.b64decode(each["payload"]), base64.b64decode(each["salt"])
        signed = device_statement(
            stream=each["stream"],
            name=each["name"],
            schema=int(each["schema"]),
            device=self.device,
            device_sequence=number,
            device_time_us=int(each["device_time_us"]),
            commitment=commitment(salt, payload),
        )
        verify_p256(self.public_key, base64.b64decode(each["signature"]), signed)
        event = decode(each["name"], int(each["schema"]), canonical.parse_canonical(payload))
        refusal = self.refuse(event)
        if refusal is None and not {Digest(blob) for blob in each["blobs"]} <= set(self.content):
            refusal = {
                "rule": "device.missing-content",
                "evidence": "content was never delivered",
                "next_step": "Keep it aside.",
            }
        if refusal is None and each["stream"] == self.device.stream:
            refusal = self._of_itself(event)
        if refusal is not None:
            self.refused[number] = refusal
        else:
            self.recorded[number] = event
            self.streams[number] = each["stream"]

    def _of_itself(self, event: Event) -> dict[str, str] | None:
        """Record what a station states of itself, or return why the rules refuse it."""
        try:
            stated = self._decided(event)
        except RuleViolation as no:
            return {"rule": no.rule, "evidence": no.evidence, "next_step": no.next_step}
        self.known = evolve(self.known, stated)
        return None

    def _decided(self, event: Event) -> EquipmentEvent:
        match event:
            case CalibrationRecorded():
                return rules.record_calibration(self.known, event.calibration)
            case CalibrationViewsRecorded():
                return rules.record_views(self.known, event)
            case IlluminationCalibrated():
                return rules.record_illumination(self.known, event)
            case LightFieldMeasured():
                return rules.record_light_field(self.known, event)
            case ColourCalibrated():
                return rules.record_colour(self.known, event)
            case FieldCheckPerformed():
                # Locked is what the test says is locked; nobody signs here.
                locked = {self.calibration[0]} if self.calibration else set()
                calibrations = {
                    each: replace(known, locked=each in locked)
                    for each, known in self.known.calibrations.items()
                }
                return rules.record_field_check(
                    replace(self.known, calibrations=calibrations), event
                )
            case DeviceConfigurationChanged():
                change_configuration(self.known, event.configuration)
                return event
            case _:
                raise AssertionError(f"a station states nothing such of itself: {event}")


def problem(status: int, **fields: str) -> httpx.Response:
    """Return a problem document."""
    return httpx.Response(status, json={"status": status, **fields})


def lose_request(_: Server, request: httpx.Request) -> httpx.Response:
    """Break the connection before the server has the request."""
    raise httpx.WriteError("connection reset", request=request)


def lose_answer(server: Server, request: httpx.Request) -> httpx.Response:
    """Let the server do its work and break the connection before the answer."""
    server.answer(request)
    raise httpx.ReadError("connection reset", request=request)


def busy(_: Server, __: httpx.Request) -> httpx.Response:
    """Answer that it cannot now."""
    return problem(503, detail="the disk is full")


def strange(_: Server, __: httpx.Request) -> httpx.Response:
    """Answer as some other machine in between would."""
    return httpx.Response(200, text="<html>Please sign in to the guest network</html>")


def used_nonce(server: Server, _: httpx.Request) -> httpx.Response:
    """Answer as if the request had been seen before."""
    return problem(401, detail=f"this signed request was used before {server.clock.now()}")


TROUBLES = (lose_request, lose_answer, busy, strange, used_nonce)
