"""No body is read from whoever may not send one: asked for at the application's own door."""

import asyncio
import secrets
from datetime import timedelta

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.admission import CheckedFirst
from api.permissions import permissions_of
from tests.api.portal import PREFIX, ROLES, Clinic, Person, Portal
from tests.api.station import Station
from tests.api.test_permissions import ALL, ANY_ID, DEMANDS
from tests.api.wire import FORM, PIECE, Answered, cookies, form, part, send

UPLOADS = (
    "/model-releases",
    f"/studies/{ANY_ID}/result",
    f"/capture-sessions/{ANY_ID}/photographs",
)
LACKING = dict(zip(UPLOADS, ("operator", "operator", "quality"), strict=True))
SIZES = {
    "declared": {"content-length": str(120 << 20)},
    "chunked": {"transfer-encoding": "chunked"},
}
PHOTOGRAPH = form(
    part("view", b"frontal"),
    part("source", b"Referring practice"),
    part("file", b"no picture", "a"),
)


def knock(portal: Portal, path: str, headers: dict[str, str], *, method: str = "POST") -> Answered:
    return asyncio.run(send(portal.app, method, path, headers=headers))


def refused(answered: Answered, status: int, slug: str) -> bool:
    assert answered.status == status, answered.text
    assert answered.problem["type"] == f"urn:vultus:problem:{slug}"
    return answered.asked == 0


@pytest.mark.verifies("REQ-IN-194")
@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_read_from_whoever_is_not_signed_in(
    portal: Portal, path: str, size: dict[str, str]
) -> None:
    before = portal.system.log.size()
    for sent in ({}, {"x-vultus-client": "ui"}, {"x-vultus-client": "ui", "cookie": "a=b"}):
        status, slug = (401, "not-signed-in") if sent else (403, "not-permitted")
        assert refused(knock(portal, path, FORM | size | sent), status, slug)
    assert portal.system.log.size() == before


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-198")
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_read_once_a_sign_in_has_ended_and_its_end_is_recorded_once(
    portal: Portal, size: dict[str, str]
) -> None:
    person = portal.sign_in("quality")
    portal.clock.advance(timedelta(minutes=15))
    for _ in range(2):
        answered = knock(portal, UPLOADS[0], FORM | size | cookies(person))
        assert refused(answered, 401, "not-signed-in")
    assert [each.reason for each in portal.events("SignedOut")] == ["idle"]


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-195")
@pytest.mark.parametrize("path", UPLOADS)
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_read_from_whoever_lacks_the_permission_and_that_is_recorded_once(
    portal: Portal, path: str, size: dict[str, str]
) -> None:
    person = portal.sign_in(LACKING[path])
    assert refused(knock(portal, path, FORM | size | cookies(person)), 403, "not-permitted")
    (denied,) = portal.events("AccessDenied")
    assert denied.permission not in permissions_of({ROLES[LACKING[path]]})
    assert denied.resource == PREFIX + path


def test_what_json_needs_is_not_read_from_strangers_either(portal: Portal) -> None:
    headers = {"x-vultus-client": "ui", "content-type": "application/json"}
    bodies = [each for each in ALL if each.body_field is not None]
    asked = [
        (method, each.path)
        for each in bodies
        for method in each.methods or ()
        if DEMANDS[method, each.path] != "anyone"
    ]
    assert len(asked) > 20
    for method, path in asked:
        answered = knock(portal, path.replace("{", "").replace("}", ""), headers, method=method)
        assert refused(answered, 401, "not-signed-in"), (method, path)


def test_every_route_that_takes_a_body_is_checked_first() -> None:
    late = [each.path for each in ALL if each.body_field and not isinstance(each, CheckedFirst)]
    assert not late


def test_a_route_that_takes_a_body_and_asks_for_no_permission_cannot_be_made() -> None:
    router = APIRouter(route_class=CheckedFirst)

    def take(body: dict[str, str]) -> None:
        """Take anything from anybody."""

    with pytest.raises(LookupError, match="names no permission"):
        router.post("/open")(take)
    router.get("/open")(lambda: None)
    assert isinstance(router.routes[-1], APIRoute)


def test_whoever_may_is_read_whole(portal: Portal, operator: Person, session: str) -> None:
    path = f"/capture-sessions/{session}/photographs"
    pieces = [PHOTOGRAPH[:50], PHOTOGRAPH[50:]]
    headers = FORM | cookies(operator)
    answered = asyncio.run(send(portal.app, "POST", path, headers=headers, pieces=pieces))
    assert (answered.status, answered.asked) == (422, 2)
    assert len(portal.events("PhotographRefused")) == 1


@pytest.mark.verifies("REQ-IN-194")
def test_a_role_that_ends_while_a_body_arrives_opens_nothing(
    portal: Portal, clinic: Clinic, operator: Person, session: str
) -> None:
    administrator = portal.sign_in("administrator")
    path = f"/practitioners/{clinic.people['operator']}/roles"
    change = {"role": "operator", "grant": False, "reason": "Left"}

    async def revoked(asked: int) -> None:
        if asked == 1:
            await asyncio.to_thread(administrator.done, path, change)

    answered = asyncio.run(
        send(
            portal.app,
            "POST",
            f"/capture-sessions/{session}/photographs",
            headers=FORM | cookies(operator),
            pieces=[PHOTOGRAPH[:50], PHOTOGRAPH[50:]],
            meanwhile=revoked,
        )
    )
    assert (answered.status, answered.asked) == (403, 2)
    assert len(portal.events("AccessDenied")) == 1
    assert not portal.events("PhotographRefused")


@pytest.mark.verifies("REQ-IN-215")
@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_read_of_what_no_enrolled_station_signed(
    portal: Portal, station: Station, size: dict[str, str]
) -> None:
    stranger, body = Station(portal.http, portal.clock), b"".join((PIECE, PIECE))
    path = f"/blobs/{'0' * 64}"
    used = station.headers("PUT", path, body, nonce=secrets.token_hex(16))
    asyncio.run(send(portal.app, "PUT", f"/device{path}", headers=used, pieces=[PIECE, PIECE]))
    late = station.headers("PUT", path, body, created=-timedelta(minutes=6))
    elsewhere = station.headers("PUT", "/blobs/other", body)
    for headers in ({}, stranger.headers("PUT", path, body), used, late, elsewhere):
        answered = knock(portal, f"/device{path}", headers | size, method="PUT")
        assert refused(answered, 401, "not-signed-in")


def test_of_a_signed_request_without_a_digest_only_the_first_piece_is_read(
    portal: Portal, station: Station
) -> None:
    headers = station.headers("POST", "/statements")
    answered = knock(portal, "/device/statements", headers)
    assert (answered.status, answered.asked) == (401, 1)
    assert "not the one that was signed" in answered.problem["detail"]
