"""Asks what every screen asks, through the application as it is shipped, signed in as a person.

Rules kept here:

1. A question goes through routing, sign-in, permissions, queries and JSON; only the network is
   left out. The projections follow what is recorded meanwhile, as they do in the service.
2. Each question is asked about many different things, drawn at random from the whole record.
3. Who asks is the person with the longest history of looks, because such streams are read, too.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from adapters.device_requests import Message, sign_request
from adapters.one_time_password import STEP_S, code_at
from api.app import PREFIX, create_app
from api.wiring import System
from domain.values.identifiers import AccessId, SubjectId
from validation.benchmarks.clinic_house import DOCTORS, RELEASE
from validation.benchmarks.clinic_scribe import CaptureStation, Issued
from validation.benchmarks.clinic_study import STUDY
from validation.benchmarks.clinic_years import name_of, pseudonym

ACCOUNT = "benchmark"
ORIGIN = "http://127.0.0.1:8460"
WARM_UP = 3
DEEP_PAGES = 30
DEEP_LIMIT = 100

Ask = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What of a record can be asked about.

    Attributes:
        events: Records in the log.
        clients: Subjects enrolled.
        subject: Who enrolled as a number below that.
        reports: Reports whose document is stored.
        stations: The stations.
    """

    events: int
    clients: int
    subject: Callable[[int], SubjectId]
    reports: Sequence[Issued]
    stations: Sequence[CaptureStation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How fast a question was answered.

    Attributes:
        question: In words.
        p50_ms: Half of the answers came within this time.
        p95_ms: Nineteen of twenty came within this time.
        slowest_ms: All came within this time.
    """

    question: str
    p50_ms: float
    p95_ms: float
    slowest_ms: float


def ask_every_screen(system: System, sample: Sample, *, times: int) -> list[Answered]:
    """Ask every screen's questions so many times each."""
    return asyncio.run(_Person(system, sample).ask_all(times))


class _Person:
    """Somebody at a browser, and a station beside it."""

    def __init__(self, system: System, sample: Sample) -> None:
        self._system = system
        self._sample = sample
        self._chance = random.Random(5)  # noqa: S311 - draws what is asked about
        self._app = create_app(system)
        self._strangers = 0
        transport = httpx.ASGITransport(app=self._app)
        self._http = httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={"X-Vultus-Client": "benchmark"}
        )
        self._deep: dict[str, list[str]] = {}

    async def ask_all(self, times: int) -> list[Answered]:
        async with self._http:
            await self._sign_in()
            await self._page_deep()
            return [await self._time(*each, times) for each in self._questions()]

    def _questions(self) -> list[tuple[str, Ask]]:
        draw, sample = self._chance, self._sample
        asked: list[tuple[str, Ask]] = [
            ("worklist, what awaits me", lambda: self._get("/worklist")),
            ("worklist, everything", lambda: self._get("/worklist", show="all")),
            ("worklist, a deep page of what is done", self._deep_page("/worklist", show="done")),
            ("worklist, search by pseudonym", self._search_worklist),
            ("subjects, newest", lambda: self._get("/subjects")),
            ("subjects, a deep page", self._deep_page("/subjects")),
            ("subjects by the beginning of a name", self._search_name),
            ("subjects by clinic number", self._search_number),
            ("subjects by two letters", lambda: self._search(draw.choice("abcdefgh") + "e")),
            ("subject with timeline", lambda: self._get(f"/subjects/{self._subject()}")),
            ("timeline of a subject, a deep page", self._timeline),
            ("sessions of a subject", self._sessions),
        ]
        for name, path in (
            ("session", "/capture-sessions/{0.session}"),
            ("assessment", "/assessments/{0.assessment}"),
            ("report", "/reports/{0.report}"),
            ("trace of a report", "/trace/reports/{0.report}"),
        ):
            asked.append((name, self._of_report(path)))
        trail = "/audit-trail"
        return [
            *asked,
            ("audit trail, newest", lambda: self._get(trail)),
            ("audit trail, a deep page", lambda: self._get(trail, before=self._seq())),
            ("audit trail of one person", lambda: self._get(trail, actor=self._actor())),
            (
                "audit trail of one event, deep",
                lambda: self._get(trail, name="ReportFlagged", before=self._seq()),
            ),
            ("audit trail of one subject", lambda: self._get(trail, subject=self._subject())),
            ("audit trail of one stream", lambda: self._get(trail, stream=self._stream())),
            ("stations", lambda: self._get("/devices")),
            ("station", lambda: self._get(f"/devices/{draw.choice(sample.stations).device}")),
            ("what rests on a calibration", self._affected),
            ("a code printed on a report", self._code),
            ("protocols", lambda: self._get("/acquisition-protocols")),
            ("register of models", lambda: self._get("/model-releases")),
            ("how a shadow agrees", lambda: self._get(f"/model-releases/{RELEASE}/shadow")),
            ("claims", lambda: self._get("/claims")),
            ("studies", lambda: self._get("/studies")),
            ("study", lambda: self._get(f"/studies/{STUDY}")),
            ("wordings of consent", lambda: self._get("/consent-wordings")),
            ("people", lambda: self._get("/practitioners")),
            ("a person with history", lambda: self._get(f"/practitioners/{draw.choice(DOCTORS)}")),
            ("who I am", lambda: self._get("/me")),
            ("record's health", lambda: self._get("/ledger/health")),
            ("checkpoints outside", lambda: self._get("/ledger/outside")),
            ("keys of the log", lambda: self._get("/ledger/log-keys")),
            ("whether it can be written", lambda: self._get("/record/storage")),
            ("how far the screens are", lambda: self._get("/record/projections")),
            ("a station's orders", self._orders),
        ]

    def _subject(self) -> str:
        return str(self._sample.subject(self._chance.randrange(self._sample.clients)))

    def _seq(self) -> int:
        return self._chance.randrange(self._sample.events)

    def _actor(self) -> str:
        return f"practitioner:{self._chance.choice(DOCTORS)}"

    def _stream(self) -> str:
        return str(AccessId.derived(self._chance.choice(DOCTORS)).stream)

    def _of_report(self, path: str) -> Ask:
        return lambda: self._get(path.format(self._chance.choice(self._sample.reports)))

    def _sessions(self) -> Awaitable[httpx.Response]:
        return self._get("/capture-sessions", subject=self._subject())

    def _timeline(self) -> Awaitable[httpx.Response]:
        return self._get(f"/subjects/{self._subject()}/timeline", before=self._seq())

    def _affected(self) -> Awaitable[httpx.Response]:
        station = self._chance.choice(self._sample.stations)
        calibration = str(station.calibration)
        return self._get("/trace/affected", kind="calibration", identifier=calibration)

    async def _code(self) -> httpx.Response:
        """Ask as a stranger does, who may ask only so often from one address."""
        self._strangers += 1
        number = self._strangers
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.ASGITransport(app=self._app, client=(address, 443))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as stranger:
            return await stranger.get(f"{PREFIX}/verify-code/{secrets.token_hex(5).upper()}")

    def _search_worklist(self) -> Awaitable[httpx.Response]:
        number = self._chance.randrange(self._sample.clients)
        return self._get("/worklist", show="all", query=pseudonym(number)[:6])

    def _search_name(self) -> Awaitable[httpx.Response]:
        given, family = name_of(self._chance.randrange(self._sample.clients))
        return self._search(f"{given} {family[:4]}")

    def _search_number(self) -> Awaitable[httpx.Response]:
        return self._search(f"C-{100_000 + self._chance.randrange(self._sample.clients)}")

    async def _search(self, query: str) -> httpx.Response:
        return await self._http.post(f"{PREFIX}/subjects/search", json={"query": query})

    async def _get(self, path: str, **query: str | int) -> httpx.Response:
        return await self._http.get(PREFIX + path, params=query)

    def _deep_page(self, path: str, **query: str) -> Ask:
        def ask() -> Awaitable[httpx.Response]:
            places = self._deep[path]  # none where everything fits on one page
            before = {"before": self._chance.choice(places)} if places else {}
            return self._get(path, **query, **before)

        return ask

    async def _page_deep(self) -> None:
        """Turn pages, so that deep places are known."""
        for path, query in (("/worklist", {"show": "done"}), ("/subjects", {})):
            places: list[str] = []
            for _ in range(DEEP_PAGES):
                before = {"before": places[-1]} if places else {}
                page = await self._get(path, limit=DEEP_LIMIT, **query, **before)
                following = _checked(page).get("next")
                if following is None:
                    break
                places.append(str(following))
            self._deep[path] = places

    async def _orders(self) -> httpx.Response:
        station = self._chance.choice(self._sample.stations)
        path = f"{PREFIX}/device/orders"
        message = Message(method="GET", url=ORIGIN + path, headers={})
        sign_request(
            message,
            device=station.device,
            sign=station.signer.sign,
            body_digest=None,
            created=self._system.clock.now().moment,
            nonce=secrets.token_hex(16),
        )
        return await self._http.get(path, headers=dict(message.headers))

    async def _sign_in(self) -> None:
        password = secrets.token_hex(12)
        system, now = self._system, self._system.clock.now()
        secret = system.accounts.issue(DOCTORS[0], account=ACCOUNT, password=password)
        code = code_at(secret, now.us // 1_000_000 // STEP_S)
        body = {"account": ACCOUNT, "password": password, "code": code}
        _checked(await self._http.post(f"{PREFIX}/sign-in", json=body))

    async def _time(self, question: str, ask: Ask, times: int) -> Answered:
        taken = []
        for turn in range(WARM_UP + times):
            began = time.perf_counter()
            answered = await ask()
            if turn >= WARM_UP:
                taken.append((time.perf_counter() - began) * 1000)
            _checked(answered, question)
            # Looks are recorded; in the service, too, the projections follow at once.
            self._system.runner.catch_up()
        taken.sort()
        return Answered(
            question=question,
            p50_ms=taken[len(taken) // 2],
            p95_ms=taken[min(len(taken) - 1, round(len(taken) * 0.95))],
            slowest_ms=taken[-1],
        )


def _checked(answered: httpx.Response, question: str = "a page") -> dict[str, Any]:
    if answered.status_code != HTTPStatus.OK:
        message = f"{question}: answered {answered.status_code}: {answered.text[:300]}"
        raise RuntimeError(message)
    found: dict[str, Any] = answered.json()
    return found
