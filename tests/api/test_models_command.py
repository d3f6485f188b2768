"""What a build ships reaches the record of any clinic, at a terminal, as it would on the screen."""

import argparse
import getpass
import io
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.imaging import face_networks
from adapters.inference import face_mesh_analysis
from adapters.inference.release import signed_message
from adapters.inference.shipped import SHIPPED, shipped_release
from adapters.one_time_password import STEP_S, code_at
from api import cli
from api.commands import model_releases as models
from domain.errors import MalformedInput, NotPermitted, NotSignedIn, RuleViolation, Unavailable
from domain.events.access import (
    AccessDenied,
    AuthenticationFailed,
    OperatorAuthenticated,
    SignedOut,
)
from domain.values.content import Digest
from tests.adapters.inference.learned import learned_model, learned_release
from tests.api.portal import ORIGIN, PASSWORD, Portal

NAME = "skin-colour"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _record(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_record(*, copies: bool = False) -> nullcontext[object]:
        del copies
        portal.system.runner.catch_up()
        return nullcontext(portal.system)

    monkeypatch.setattr(models, "open_record", open_record)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """A learned model and its manifest as somebody laid it out."""
    manifest, model = tmp_path / "manifest.json", tmp_path / "model.onnx"
    manifest.write_text(json.dumps(json.loads(learned_release().manifest()), indent=2), "utf-8")
    model.write_bytes(learned_model())
    return str(manifest), str(model)


def done(*words: str) -> int:
    parser = argparse.ArgumentParser()
    models.arguments(parser)
    return models.run(parser.parse_args(words))


def test_the_word_finds_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "list"]) == 0
    assert capsys.readouterr().out.startswith("face-mesh ")


def typed(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, account: str, *, password: str = PASSWORD
) -> None:
    """Let somebody sign in through the input."""
    lines = io.StringIO(f"{password}\n{portal.code(account)}\n")
    monkeypatch.setattr(sys, "stdin", lines)


def registered(portal: Portal) -> dict[str, str]:
    items = portal.sign_in("auditor").read("/model-releases")["items"]
    return {each["name"]: each["state"] for each in items}


@pytest.mark.verifies("DRV-18")
def test_what_is_shipped_is_registered_by_one_and_approved_by_another(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(portal, monkeypatch, "quality")
    assert done("register", "--shipped", NAME, "--account", "quality") == 0
    release, digest = capsys.readouterr().out.split()
    quality, second = portal.sign_in("quality"), portal.sign_in("second")
    (shown,) = second.read("/model-releases")["items"]
    assert (shown["release"], shown["name"]) == (release, NAME)
    assert shown["registered_by"] == "Demo quality"
    assert shown["manifest"]["manifest_digest"] == digest
    own = quality.approve(f"/model-releases/{release}/approve", digest)
    assert own.json()["rule"] == "model.second-person"
    assert second.approve(f"/model-releases/{release}/approve", digest).status_code == 200

    assert done() == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    model = str(shipped_release(NAME).release.model)
    assert [f"{NAME} 2.0.0", "shipped", "approved", model] in lines
    assert [line[2] for line in lines] == [
        "approved" if name == NAME else "not registered" for name in SHIPPED
    ]


def test_a_sign_in_at_the_terminal_stands_in_the_record(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = portal.system.log.size()
    typed(portal, monkeypatch, "quality")
    done("register", "--shipped", NAME, "--account", "quality")
    began, model, ended = portal.system.log.after(size - 1, limit=10)
    assert isinstance(began.event, OperatorAuthenticated)
    assert began.event.methods == ("password", "totp")
    assert isinstance(ended.event, SignedOut)
    assert model.actor == began.actor == ended.actor


def test_a_program_of_its_own_registers_beside_a_service_that_runs(portal: Portal) -> None:
    now_s = int(datetime.now(UTC).timestamp())
    code = code_at(portal.totp["quality"], now_s // STEP_S)
    data = portal.system.settings.data
    environment = {**os.environ, "VULTUS_DATA": str(data), "VULTUS_ORIGIN": ORIGIN}
    words = ["models", "register", "--shipped", NAME, "--account", "quality"]
    ended = subprocess.run(
        [sys.executable, "-m", "api.cli", *words],
        input=f"{PASSWORD}\n{code}\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr
    assert registered(portal) == {NAME: "registered"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_release_is_written_as_it_is_registered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert done("write", str(tmp_path / "one"), name) == 0
    assert done("write", str(tmp_path / "two"), name) == 0
    assert done("write", str(tmp_path / "two"), name) == 0  # what stands already is left as it is
    digests = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert digests[2:4] == digests[4:6]
    shipped = shipped_release(name)
    for (digest, written), content in zip(
        digests[:2], (shipped.release.manifest(), shipped.model), strict=True
    ):
        path = Path(written)
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes() == content
        assert digest == str(Digest.of(content))


def test_what_stands_in_a_folder_is_not_written_over(tmp_path: Path) -> None:
    done("write", str(tmp_path), NAME)
    own = tmp_path / f"{NAME}-2.0.0.json"
    own.write_bytes(b"edited")
    with pytest.raises(MalformedInput, match="holds something else"):
        done("write", str(tmp_path), NAME)
    assert own.read_bytes() == b"edited"
    own.unlink()
    with pytest.raises(Unavailable, match="cannot be written"):
        done("write", str(tmp_path / f"{NAME}-2.0.0.onnx" / "in-a-file"), NAME)


@pytest.mark.verifies("DRV-18")
def test_a_model_of_ones_own_is_signed_here_unless_a_signature_is_brought(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, pair: tuple[str, str]
) -> None:
    as_written = Path(pair[0]).read_bytes()
    Path(pair[0]).write_bytes(learned_release().manifest())
    typed(portal, monkeypatch, "quality")
    with pytest.raises(RuleViolation, match=r"model\.signature"):
        done("register", *pair, "--signature", "00" * 64, "--account", "quality")
    assert registered(portal) == {}
    Path(pair[0]).write_bytes(as_written)
    typed(portal, monkeypatch, "quality")
    assert done("register", *pair, "--account", "quality") == 0
    assert registered(portal) == {"learned-light": "registered"}
    typed(portal, monkeypatch, "second")
    with pytest.raises(RuleViolation, match=r"model\.registered-once"):
        done("register", *pair, "--account", "second")


def test_a_model_that_was_signed_before_is_registered_and_listed(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    pair: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    manifest = learned_release().manifest()
    Path(pair[0]).write_bytes(manifest)
    signature = portal.system.release_key.sign(signed_message(manifest)).hex()
    typed(portal, monkeypatch, "quality")
    done("register", *pair, "--signature", signature, "--account", "quality")
    capsys.readouterr()
    done("list")
    last = capsys.readouterr().out.splitlines()[-1].split("\t")
    assert last[1:] == ["not shipped", "registered", str(learned_release().model)]


def test_an_altered_model_is_refused_before_anybody_signs_in(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, pair: tuple[str, str]
) -> None:
    size = portal.system.log.size()
    typed(portal, monkeypatch, "quality")
    Path(pair[1]).write_bytes(learned_model(0.5))
    with pytest.raises(RuleViolation, match=r"model\.digest: the manifest names sha256:"):
        done("register", *pair, "--account", "quality")
    assert portal.system.log.size() == size
    assert sys.stdin.readline().strip() == PASSWORD


@pytest.mark.verifies("REQ-IN-194")
def test_whoever_may_not_register_on_the_screen_may_not_here(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for account in ("operator", "administrator", "auditor"):
        typed(portal, monkeypatch, account)
        with pytest.raises(NotPermitted, match=r"models\.register"):
            done("register", "--shipped", NAME, "--account", account)
        denied = portal.events("AccessDenied")[-1]
        assert denied == AccessDenied(
            permission="models.register", resource="vultus models register"
        )
        assert isinstance(list(portal.system.log.after(-1, limit=10_000))[-1].event, SignedOut)
    assert registered(portal) == {}


def test_who_does_not_prove_who_they_are_registers_nothing(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(portal, monkeypatch, "quality", password="guessed")
    with pytest.raises(NotSignedIn, match="do not go together"):
        done("register", "--shipped", NAME, "--account", "quality")
    assert isinstance(portal.events("AuthenticationFailed")[-1], AuthenticationFailed)
    for lines in ("", "only a password\n", f"{PASSWORD}\n12345\n"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        with pytest.raises(MalformedInput, match="six digits"):
            done("register", "--shipped", NAME, "--account", "quality")
    assert registered(portal) == {}


def test_at_a_terminal_nothing_secret_is_shown(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    code = portal.code("quality")

    def hidden(prompt: str) -> str:
        asked.append(prompt)
        return PASSWORD if len(asked) == 1 else code

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", hidden)
    assert done("register", "--shipped", NAME, "--account", "quality") == 0
    shown = capsys.readouterr()
    assert PASSWORD not in shown.out + shown.err
    assert asked == ["Password of quality: ", "One-time code: "]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shipped", "skin-colours"), "ships no model named 'skin-colours'; it ships face-mesh"),
        ((), "name a manifest and its model"),
        (("only-a-manifest",), "name a manifest and its model"),
        (("a", "b", "--shipped", NAME), "name a manifest and its model"),
        (("absent.json", "absent.onnx"), "absent.json cannot be read"),
        (("--shipped", NAME, "--signature", "00"), "signed by the clinic's own key"),
    ],
)
def test_what_is_asked_wrongly_is_said(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(MalformedInput, match=said):
        done("register", *words, "--account", "quality")


def test_a_signature_that_is_none_and_a_file_that_is_too_large_are_said(
    pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MalformedInput, match="sign-release"):
        done("register", *pair, "--signature", "zz", "--account", "quality")
    monkeypatch.setattr(models, "MANIFEST_BYTES_MAX", 100)
    with pytest.raises(MalformedInput, match="larger than 100 bytes"):
        done("register", *pair, "--account", "quality")


def test_the_list_goes_on_where_the_face_networks_are_not_in_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent() -> bytes:
        message = "the face networks are not installed"
        raise Unavailable(message)

    monkeypatch.setattr(face_mesh_analysis, "installed_face_model", absent)
    assert done() == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert (
        first == f"{face_networks.NAME}\tshipped\tnot at hand: the face networks are not installed"
    )
    assert len(others) == len(SHIPPED) - 1
