"""The people of the demonstration, each acting through the HTTP interface as a person would.

Rules kept here:

1. Everybody signs in with password and one-time code; nobody has a way around the door.
2. Their secrets are made for each demonstration and kept in its own folder, readable by its owner.
3. Whoever was issued a password chooses another when first signing in, as the service asks. It is
   kept before it is chosen, so that an interrupted choice locks nobody out.
"""

import base64
import json
import os
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx

from adapters.one_time_password import STEP_S, code_at
from domain.errors import Unavailable
from domain.values.actor import Role
from validation.demonstration.clock import StoryClock

ADMINISTRATOR = "administrator"
OPERATOR = "operator"
PRACTITIONER = "practitioner"
QUALITY = "quality"
SECOND = "second"
PRIVACY = "privacy"
AUDITOR = "auditor"

ROLES: dict[str, tuple[str, str, tuple[Role, ...]]] = {
    ADMINISTRATOR: ("Demo administrator", "practice manager", (Role.ADMINISTRATOR,)),
    OPERATOR: ("Demo operator", "clinical photographer", (Role.OPERATOR,)),
    PRACTITIONER: ("Demo practitioner", "registered nurse", (Role.PRACTITIONER,)),
    QUALITY: ("Demo quality manager", "quality manager", (Role.QUALITY_MANAGER,)),
    SECOND: ("Demo second approver", "quality manager", (Role.QUALITY_MANAGER,)),
    PRIVACY: ("Demo privacy officer", "privacy officer", (Role.PRIVACY_OFFICER,)),
    AUDITOR: ("Demo auditor", "auditor", (Role.AUDITOR,)),
}
"""Account → name on screens, profession, roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """How one person signs in.

    Attributes:
        account: The account.
        password: The password.
        totp: One-time-password secret, base32.
        chosen: A password of their own that may be in force already; none unless it was being
            chosen.
        own: Whether the password is one of their own.
    """

    account: str
    password: str
    totp: str
    chosen: str | None = None
    own: bool = False

    def code(self, now_s: float) -> str:
        """Return the one-time code of a moment."""
        return code_at(base64.b32decode(self.totp), int(now_s) // STEP_S)


class Secrets:
    """The demonstration's secrets in a file of their own."""

    def __init__(self, path: Path) -> None:
        """Use this file."""
        self._path = path

    def of(self, account: str) -> Secret | None:
        """Return an account's secret, or none before it was issued."""
        found = self._all().get(account)
        return None if found is None else Secret(account=account, **found)

    def keep(self, account: str, *, password: str, one_time_password: str) -> None:
        """Keep what was issued; durable before it returns."""
        totp = parse_qs(urlparse(one_time_password).query)["secret"][0]
        padded = totp + "=" * (-len(totp) % 8)
        self._write(account, {"password": password, "totp": padded})

    def own(self, secret: Secret) -> str:
        """Return the password that a person will choose, kept before it is used."""
        if secret.chosen is not None:
            return secret.chosen
        chosen = new_password()
        known = {"password": secret.password, "totp": secret.totp}
        self._write(secret.account, known | {"chosen": chosen})
        return chosen

    def keep_own(self, secret: Secret, password: str) -> None:
        """Keep that a person's own password is in force."""
        self._write(secret.account, {"password": password, "totp": secret.totp, "own": True})

    def _write(self, account: str, known: dict[str, Any]) -> None:
        found = self._all() | {account: known}
        part = self._path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(found, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)

    def _all(self) -> dict[str, dict[str, Any]]:
        if not self._path.exists():
            return {}
        found: dict[str, dict[str, Any]] = json.loads(self._path.read_text())
        return found


def new_password() -> str:
    """Return a password for one person of one demonstration."""
    return "-".join(secrets.token_hex(3) for _ in range(3))


class Person:
    """One person at a browser: signed in, acting, proving identity again to sign."""

    def __init__(self, secret: Secret, *, address: str, clock: StoryClock) -> None:
        """Sign in, with the person's own password where that is in force already."""
        self._secret = secret
        self._clock = clock
        self._http = httpx.Client(
            base_url=f"{address}/api/v1",
            headers={"X-Vultus-Client": "demonstration"},
            timeout=120.0,
        )
        signed_in = self._sign_in(secret.password)
        if signed_in.status_code == httpx.codes.UNAUTHORIZED and secret.chosen is not None:
            self._secret = replace(secret, password=secret.chosen)
            signed_in = self._sign_in(secret.chosen)
        self.me: dict[str, Any] = _answer(signed_in)

    @property
    def password(self) -> str:
        """The password in force."""
        return self._secret.password

    @property
    def owes_password(self) -> bool:
        """Whether a password of their own must be chosen before anything else."""
        return bool(self.me["owes_password"])

    def choose_password(self, chosen: str) -> None:
        """Put a password of the person's own in the place of the one that was issued."""
        body = {"current": self._secret.password, "password": chosen}
        self.post("/password", body, key=f"demo-own-{secrets.token_hex(8)}")
        self._secret = replace(self._secret, password=chosen)
        self.me = self.get("/me")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read something, with everything recorded so far in it."""
        return _answer(self._http.get(path, params=query or None))

    def version(self, path: str) -> str:
        """Return the version of what is read, for ``If-Match``."""
        answered = self._http.get(path)
        _answer(answered)
        return answered.headers["ETag"]

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, key: str, seen: str | None = None
    ) -> dict[str, Any]:
        """Do something once, however often it is asked."""
        return self._send("POST", path, key=key, seen=seen, json=body or {})

    def put(
        self, path: str, body: dict[str, Any], *, key: str, seen: str | None = None
    ) -> dict[str, Any]:
        """Set something once, however often it is asked."""
        return self._send("PUT", path, key=key, seen=seen, json=body)

    def upload(
        self, path: str, *, key: str, file: tuple[str, bytes, str], fields: dict[str, str]
    ) -> dict[str, Any]:
        """Send a file once, however often it is asked."""
        return self._send("POST", path, key=key, seen=None, files={"file": file}, data=fields)

    def download(self, path: str, body: dict[str, Any], *, key: str) -> bytes:
        """Do something that answers with a file."""
        answered = self._http.post(path, json=body, headers={"Idempotency-Key": key})
        if answered.is_error:
            _answer(answered)
        return answered.content

    def approve(self, path: str, *, digest: str, key: str, **more: str) -> dict[str, Any]:
        """Prove identity again and sign a digest."""
        proof = self._send(
            "POST",
            "/reauthentications",
            key=f"{key}-{secrets.token_hex(8)}",
            seen=None,
            json={"password": self._secret.password, "code": self._fresh_code()},
        )
        seen = more.pop("seen", None)
        signed = {"reauthentication": proof["reauthentication"], "digest": digest, **more}
        return self.post(path, signed, key=key, seen=seen)

    def close(self) -> None:
        """End the sign-in."""
        self._http.post("/sign-out")
        self._http.close()

    def _sign_in(self, password: str) -> httpx.Response:
        typed = {"account": self._secret.account, "password": password, "code": self._fresh_code()}
        return self._http.post("/sign-in", json=typed)

    def _fresh_code(self) -> str:
        # A code is good once; the story lets the next one come at once.
        self._clock.skip(timedelta(seconds=STEP_S + 1))
        return self._secret.code(self._clock.now().us / 1_000_000)

    def _send(
        self,
        method: str,
        path: str,
        *,
        key: str,
        seen: str | None,
        **content: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": key}
        if seen is not None:
            headers["If-Match"] = seen
        return _answer(self._http.request(method, path, headers=headers, **content))


class Refusal(Exception):
    """The service refused; ``problem`` is its problem document."""

    def __init__(self, problem: dict[str, Any]) -> None:
        """Keep the problem document."""
        super().__init__(problem.get("detail", problem.get("title", "refused")))
        self.problem = problem


def _answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise Unavailable(response.text)
    if response.is_error:
        raise Refusal(response.json())
    found: dict[str, Any] = response.json() if response.content else {}
    return found
