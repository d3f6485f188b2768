"""Asks the server for orders and delivers to it, over HTTP with signed requests.

Rules kept here:

1. Every request is signed anew, with a number used once; a repeated delivery is safe.
2. The station's times are never rewritten. Its clock's offset is estimated from the server's time,
   with half the round trip as uncertainty, and only signs requests and stands beside captures.
3. Three kinds of failure: not now (``Unavailable``: ask again), not you (``NotSignedIn``: asked
   again once by the server's clock), and no (``RuleViolation``: asking again changes nothing).

Source: RFC 9421 (HTTP Message Signatures); RFC 9457 (problem documents).
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

import httpx

from adapters.device_requests import Message, sign_request, utc
from device.orders import Orders, read_orders
from device.ports import SecureKey
from device.statement import Statement
from domain.errors import (
    DigestMismatch,
    MalformedInput,
    NotSignedIn,
    Refusal,
    RuleViolation,
    Unavailable,
)
from domain.ports import Clock, Randomness
from domain.values.content import Digest
from domain.values.identifiers import DeviceId, SessionId
from domain.values.time import ServerTime

PREFIX: Final = "/api/v1/device"
_SERVER_TIME: Final = re.compile(r"Our time is (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")
_ESTIMATE_AGES_US: Final = 600_000_000
_REFUSED: Final = {404, 409, 410, 413, 422}
_NONCE_SIZE: Final = 16
MOST_SESSIONS: Final = 64
"""Most sessions that one question is about."""

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """What is known of the station's clock against the server's.

    Attributes:
        offset_us: The station's clock minus the server's.
        uncertainty_us: Half the round trip of the estimate.
        at_us: When it was estimated, by the station's clock.
    """

    offset_us: int
    uncertainty_us: int
    at_us: int

    @property
    def offset_ms(self) -> float:
        """The offset in milliseconds."""
        return self.offset_us / 1000

    @property
    def uncertainty_ms(self) -> float:
        """The uncertainty in milliseconds."""
        return self.uncertainty_us / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What the server made of a batch.

    Attributes:
        accepted: Numbers that are in the record.
        refused: Numbers refused for good, with the reasons.
    """

    accepted: frozenset[int]
    refused: dict[int, Refusal]


class Client:
    """One station's line to the server; may be used by several threads."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        device: DeviceId,
        key: SecureKey,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        """Take the connection to the server's address and the station's identity."""
        self._http = http
        self._device = device
        self._key = key
        self._clock = clock
        self._randomness = randomness
        self._offset: ClockOffset | None = None

    @property
    def offset(self) -> ClockOffset | None:
        """What is known of the station's clock; none before the first answer."""
        return self._offset

    def orders(self) -> Orders:
        """Return what the server wants captured.

        Raises:
            Unavailable: no answer, or not now.
            NotSignedIn: the server does not know this station's key.
            RuleViolation: the server refuses.
        """
        asked = self._clock.now().us
        answer = self._ask("GET", "/orders")
        orders = _read(answer, read_orders)
        self._note(orders.server_time, asked)
        return orders

    def put_content(self, content: bytes, session: SessionId | None) -> None:
        """Deliver content; it is durable at the server once this returns.

        Raises:
            Unavailable: no answer, or not now.
            NotSignedIn: the server does not know this station's key.
            RuleViolation: the server refuses this content.
            DigestMismatch: the server stored something else.
        """
        digest = Digest.of(content)
        query = "" if session is None else f"?session={session}"
        answer = self._ask("PUT", f"/blobs/{digest.raw.hex()}{query}", content)
        stored = _read(answer, lambda given: str(given["digest"]))
        if stored != digest:
            raise DigestMismatch("the server acknowledged other content than was delivered")

    def post(self, statements: Sequence[Statement]) -> Acknowledged:
        """Deliver statements in the order of their numbers; delivering again is safe.

        Raises:
            Unavailable: no answer, or not now.
            NotSignedIn: the server does not know this station's key.
            RuleViolation: the server refuses the batch as a whole.
        """
        asked = self._clock.now().us
        body = {
            "device_clock_us": asked,
            "statements": [each.to_wire() for each in statements],
        }
        answer = self._ask("POST", "/statements", json.dumps(body).encode())
        self._note(_read(answer, lambda given: ServerTime.parse(given["server_time"])), asked)
        return _read(answer, _acknowledged)

    def erased(self, sessions: Sequence[SessionId]) -> frozenset[SessionId]:
        """Return which of these sessions are of clients who were erased.

        Raises:
            Unavailable: no answer, or not now.
            NotSignedIn: the server does not know this station's key.
            RuleViolation: the server refuses the question.
        """
        found: set[SessionId] = set()
        for begin in range(0, len(sessions), MOST_SESSIONS):
            body = {"sessions": [str(each) for each in sessions[begin : begin + MOST_SESSIONS]]}
            answer = self._ask("POST", "/erased", json.dumps(body).encode())
            found |= _read(answer, lambda given: {SessionId(each) for each in given["erased"]})
        return frozenset(found)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        asked = self._clock.now().us
        answer = self._send(method, path, body)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            told = _SERVER_TIME.search(answer.text)
            if told is not None:
                self._note(ServerTime.parse(told[1]), asked)
            answer = self._send(method, path, body)
        return _checked(answer)

    def _send(self, method: str, path: str, body: bytes | None) -> httpx.Response:
        request = self._http.build_request(method, PREFIX + path, content=body)
        if body is not None:
            request.headers["Content-Type"] = (
                "application/json" if method == "POST" else "application/octet-stream"
            )
        message = Message(method=method, url=str(request.url), headers={})
        offset_us = 0 if self._offset is None else self._offset.offset_us
        sign_request(
            message,
            device=self._device,
            sign=self._key.sign,
            body_digest=None if body is None else sha256(body).digest(),
            created=utc((self._clock.now().us - offset_us) // 1_000_000),
            nonce=self._randomness.token(_NONCE_SIZE).hex(),
        )
        request.headers.update(message.headers)
        try:
            return self._http.send(request)
        except httpx.HTTPError as error:
            raise Unavailable(f"the server does not answer ({type(error).__name__})") from error

    def _note(self, server: ServerTime, asked_us: int) -> None:
        now_us = self._clock.now().us
        round_trip_us = max(0, now_us - asked_us)
        new = ClockOffset(
            offset_us=asked_us + round_trip_us // 2 - server.us,
            uncertainty_us=(round_trip_us + 1) // 2,
            at_us=now_us,
        )
        old = self._offset
        if (
            old is None
            or new.uncertainty_us <= old.uncertainty_us
            or not 0 <= now_us - old.at_us <= _ESTIMATE_AGES_US
            or abs(new.offset_us - old.offset_us) > new.uncertainty_us + old.uncertainty_us
        ):
            self._offset = new


def _checked(answer: httpx.Response) -> httpx.Response:
    status = answer.status_code
    if answer.is_success:
        return answer
    problem = _problem(answer)
    detail = problem.get("evidence") or problem.get("detail") or f"status {status}"
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise NotSignedIn(f"the server does not take this station's signature: {detail}")
    if status in _REFUSED:
        raise RuleViolation(
            str(problem.get("rule") or f"http.{status}"),
            str(detail),
            str(problem.get("next_step") or "Keep it aside and have the station looked at."),
        )
    raise Unavailable(f"the server cannot now: {detail}")


def _problem(answer: httpx.Response) -> dict[str, object]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(answer: httpx.Response, read: Callable[..., Kind]) -> Kind:
    try:
        return read(answer.json())
    except (ValueError, KeyError, TypeError, AttributeError, MalformedInput) as error:
        # Whatever answered is not our server, or not whole: nothing was acknowledged.
        raise Unavailable("the answer does not have the expected shape") from error


def _acknowledged(given: dict[str, list[dict[str, object]]]) -> Acknowledged:
    return Acknowledged(
        accepted=frozenset(_number(each) for each in given["accepted"]),
        refused={
            _number(each): Refusal(
                rule=str(each["rule"]),
                evidence=str(each["evidence"]),
                next_step=str(each["next_step"]),
            )
            for each in given["refused"]
        },
    )


def _number(given: dict[str, object]) -> int:
    number = given["device_sequence"]
    if type(number) is not int:
        raise MalformedInput("a number was expected")
    return number
