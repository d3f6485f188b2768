"""Who may do what: every route asks for one permission, and every role has only its own."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import PREFIX, create_app
from api.permissions import Permission, permissions_of
from domain.events.access import AccessDenied
from domain.values.actor import Role
from tests.api.portal import ROLES, Portal

PUBLIC = {
    ("POST", "/sign-in"),
    ("GET", "/verify-code/{code}"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/version"),
    ("GET", "/docs"),
    ("GET", "/docs/"),
    ("GET", "/openapi.json"),
    ("POST", "/witness/add-checkpoint"),
    ("GET", "/witness/key"),
    ("GET", "/witness/{origin_hash}/checkpoint"),
}
ANY_ID = str(UUID(int=7))


def routes(router: Any) -> Iterator[Any]:  # noqa: ANN401 - routers and routes of every kind
    for each in router.routes:
        inner = getattr(each, "original_router", None)
        if inner is None:
            yield each
        else:
            yield from routes(inner)


def permissions(dependant: Dependant) -> Iterator[Permission]:
    found = getattr(dependant.call, "permission", None)
    if found is not None:
        yield found
    for each in dependant.dependencies:
        yield from permissions(each)


ALL: list[APIRoute] = list(routes(create_app(None)))
DEMANDS = {
    (method, route.path): next(permissions(route.dependant), None)
    for route in ALL
    for method in route.methods or ()
}


@pytest.mark.verifies("REQ-IN-194")
@pytest.mark.parametrize("route", ALL, ids=lambda route: f"{route.methods} {route.path}")
def test_every_route_names_exactly_one_permission(route: object) -> None:
    assert isinstance(route, APIRoute), "only routes that can name a permission are served"
    assert len(list(permissions(route.dependant))) == 1


def test_only_these_routes_are_open_to_anyone() -> None:
    assert {each for each, found in DEMANDS.items() if found is Permission.ANYONE} == PUBLIC


def test_every_permission_is_asked_for_and_given_to_somebody() -> None:
    given = permissions_of(Role)

    assert set(DEMANDS.values()) == set(Permission)
    assert given == set(Permission) - {Permission.ANYONE, Permission.DEVICE_POST}


def test_without_a_role_one_may_only_end_ones_own_sign_in() -> None:
    assert permissions_of(()) == {Permission.SIGNED_IN}


@pytest.mark.verifies("REQ-IN-194")
@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.SUBJECTS_IDENTIFY, {"operator", "practitioner", "privacy-officer"}),
        (Permission.IMAGES_VIEW, {"operator", "practitioner", "quality-manager"}),
        (Permission.ASSESSMENTS_SIGN, {"practitioner"}),
        (Permission.ASSESSMENTS_REVIEW, {"practitioner"}),
        (Permission.ERASURE_APPROVE, {"privacy-officer"}),
        (Permission.SUBJECTS_HOLD, {"privacy-officer"}),
        (Permission.CALIBRATIONS_LOCK, {"quality-manager"}),
        (Permission.MODELS_APPROVE, {"quality-manager"}),
        (Permission.PROTOCOLS_APPROVE, {"quality-manager"}),
        (Permission.PRACTITIONERS_ADMINISTER, {"administrator"}),
        (Permission.AUDIT_READ, {"quality-manager", "auditor", "privacy-officer"}),
    ],
)
def test_what_matters_most_is_for_few(permission: Permission, roles: set[str]) -> None:
    assert {role.value for role in Role if permission in permissions_of({role})} == roles


def test_an_auditor_changes_nothing() -> None:
    changing = {
        found
        for (method, path), found in DEMANDS.items()
        if method != "GET" and found is not Permission.SIGNED_IN
    }

    held = permissions_of({Role.AUDITOR}) & changing
    # Verification and taking evidence out add a fact about themselves, and nothing else.
    assert held == {Permission.LEDGER_VERIFY, Permission.BUNDLES_EXPORT}


def _filled(path: str) -> str:
    for name in ("digest", "page", "seq", "code"):
        path = path.replace(f"{{{name}}}", "1")
    while "{" in path:
        path = path[: path.index("{")] + ANY_ID + path[path.index("}") + 1 :]
    return path


@pytest.mark.verifies("REQ-IN-194", "REQ-IN-195")
@pytest.mark.parametrize("account", ROLES)
def test_whoever_lacks_a_permission_is_refused_and_that_is_recorded(
    portal: Portal, account: str
) -> None:
    person = portal.sign_in(account)
    held = permissions_of({ROLES[account]})
    lacking = {
        route: found
        for route, found in DEMANDS.items()
        if found not in held and found not in {Permission.ANYONE, Permission.DEVICE_POST}
    }
    expected = []
    for (method, path), permission in lacking.items():
        assert permission is not None
        answered = person.send(method, _filled(path), json={} if method != "GET" else None)
        assert answered.status_code == 403, (method, path, answered.text)
        assert answered.json()["type"] == "urn:vultus:problem:not-permitted"
        expected.append(
            AccessDenied(permission=permission.value, resource=f"{PREFIX}{_filled(path)}")
        )

    assert portal.events("AccessDenied") == expected
    assert all(
        str(each.actor) == f"practitioner:{person.me['practitioner']}"
        for each in portal.records("AccessDenied")
    )


@pytest.mark.verifies("REQ-IN-194")
def test_nobody_who_is_unknown_gets_further_than_the_door(portal: Portal) -> None:
    before = portal.system.log.size()
    headers = {"X-Vultus-Client": "ui"}
    for (method, path), permission in DEMANDS.items():
        if permission is Permission.ANYONE:
            continue
        answered = portal.http.request(method, PREFIX + _filled(path), headers=headers)
        assert answered.status_code == 401, (method, path, answered.text)
        assert answered.json()["type"] == "urn:vultus:problem:not-signed-in"

    assert portal.system.log.size() == before


def test_a_very_long_address_is_not_recorded_whole(portal: Portal) -> None:
    portal.sign_in("administrator").get("/images/" + "x" * 4000, session="1")

    assert len(portal.events("AccessDenied")[0].resource) == 200
