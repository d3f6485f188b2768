"""What must stand before the first client comes: clinic, people, models, claim, studies, protocols.

Rules kept here:

1. Only the clinic and its administrator are recorded directly, because nobody could ask before
   them; everything after goes through the door.
2. Each step may be repeated: it meets its own earlier record.
"""

from adapters.inference.release import signed_message
from adapters.inference.shipped import SHIPPED, shipped_release
from adapters.one_time_password import provisioning_uri
from api.founding import Founding, found
from api.releases import register_release
from api.wiring import System
from domain.events.codec import to_plain
from domain.values.actor import Actor
from domain.values.claim import ClaimContent
from domain.values.identifiers import PractitionerId
from domain.values.protocol import ProtocolContent
from domain.values.study import StudyPlan
from validation.demonstration.people import (
    ADMINISTRATOR,
    ROLES,
    Person,
    Secrets,
    new_password,
)

SERVICE = Actor.service("demonstration")
CLINIC_NAME = "Demonstration clinic"
TIME_ZONE = "Australia/Sydney"


def found_clinic(system: System, secrets: Secrets) -> None:
    """Register the clinic, marked as demo, and its administrator."""
    if secrets.of(ADMINISTRATOR) is not None:
        return
    name, profession, _ = ROLES[ADMINISTRATOR]
    founding = Founding(
        clinic=CLINIC_NAME,
        time_zone=TIME_ZONE,
        demo=True,
        account=ADMINISTRATOR,
        name=name,
        profession=profession,
    )
    password = new_password()
    secret = found(system, founding, password=password, by=SERVICE)
    uri = provisioning_uri(secret, issuer="Vultus", account=ADMINISTRATOR)
    secrets.keep(ADMINISTRATOR, password=password, one_time_password=uri)


def register_people(administrator: Person, secrets: Secrets) -> None:
    """Register everybody else, with their roles."""
    for account, (name, profession, roles) in ROLES.items():
        if account == ADMINISTRATOR or secrets.of(account) is not None:
            continue
        password = new_password()
        registered = administrator.post(
            "/practitioners",
            {
                "display_name": name,
                "profession": profession,
                "account": account,
                "password": password,
            },
            key=f"demo-register-{account}",
        )
        for role in roles:
            administrator.post(
                f"/practitioners/{registered['practitioner']}/roles",
                {"role": role.value, "grant": True},
                key=f"demo-grant-{account}-{role.value}",
            )
        # Last, so that an interrupted registration is repeated whole.
        secrets.keep(account, password=password, one_time_password=registered["one_time_password"])


def register_model(system: System, quality: Person, second: Person) -> None:
    """Register the releases that this build ships and have a second person approve them."""
    for name in SHIPPED:
        _register(system, quality, second, name)


def _register(system: System, quality: Person, second: Person, name: str) -> None:
    shipped = shipped_release(name)
    manifest = shipped.release.manifest()
    release, _ = register_release(
        system,
        system.context(SERVICE, idempotency_key=f"demo-{name}"),
        manifest=manifest,
        model=shipped.model,
        signature=system.release_key.sign(signed_message(manifest)),
        registered_by=PractitionerId(quality.me["practitioner"]),
    )
    system.runner.catch_up()
    known = {each["release"]: each for each in second.get("/model-releases")["items"]}
    if known[str(release)]["state"] == "registered":
        second.approve(
            f"/model-releases/{release}/approve",
            digest=known[str(release)]["manifest"]["manifest_digest"],
            key=f"demo-approve-{name}",
        )


def approve_protocol(quality: Person, second: Person, content: ProtocolContent) -> str:
    """Have a protocol drafted and approved by two people; return its identifier."""
    slug = content.name.lower().replace(" ", "-").replace(",", "")
    drafted = quality.post(
        "/acquisition-protocols", {"content": to_plain(content)}, key=f"demo-draft-{slug}"
    )
    protocol: str = drafted["protocol"]
    known = {each["protocol"]: each for each in second.get("/acquisition-protocols")["items"]}
    state = known.get(protocol, {}).get("state", "draft")
    if state == "draft":
        second.approve(
            f"/acquisition-protocols/{protocol}/approve",
            digest=drafted["digest"],
            key=f"demo-approve-{slug}",
        )
    return protocol


def validate_claim(quality: Person, second: Person, content: ClaimContent) -> None:
    """Have a claim registered by one person and put in force by another."""
    registered = quality.post(
        "/claims", {"content": to_plain(content)}, key=f"demo-claim-{content.output}"
    )
    claim: str = registered["claim"]
    known = {each["claim"]: each for each in second.get("/claims")["items"]}
    if known.get(claim, {}).get("state", "registered") == "registered":
        second.approve(
            f"/claims/{claim}/validate",
            digest=registered["digest"],
            key=f"demo-validate-{content.output}",
        )


def lay_down_study(quality: Person, second: Person, plan: StudyPlan) -> None:
    """Have a study's limits laid down by one person and approved by another, before any run."""
    planned = quality.post(
        "/studies", {"plan": to_plain(plan)}, key=f"demo-plan-study-{plan.output}"
    )
    study: str = planned["study"]
    known = {each["study"]: each for each in second.get("/studies")["items"]}
    if known.get(study, {}).get("state", "planned") == "planned":
        second.approve(
            f"/studies/{study}/approve",
            digest=planned["digest"],
            key=f"demo-approve-study-{plan.output}",
        )
