"""``keys`` and the door of ``serve``, as a person meets them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from api.access.accounts import Accounts
from api.access.caller import Scope
from jobs.ledger import default_url
from neuroweave import cli
from neuroweave.client import Client
from neuroweave.settings import load_settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEUROWEAVE_HOME", str(tmp_path))
    monkeypatch.delenv("NEUROWEAVE_API_KEY", raising=False)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["neuroweave", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_a_key_from_its_making_to_its_end(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("keys", "create", "ada", "--scope", "editor", "--days", "30", "--label", "laptop")
    assert run(monkeypatch, *words) == 0
    credential, said = capsys.readouterr().out.strip(), ""
    accounts = Accounts(default_url(home))
    caller = accounts.by_key(credential)
    assert caller is not None
    assert (caller.id, caller.scope) == ("ada", Scope.EDITOR)
    assert run(monkeypatch, "keys", "list", "--json") == 0
    said = capsys.readouterr().out
    (listed,) = json.loads(said)["items"]
    assert (listed["owner"], listed["scope"], listed["label"]) == ("ada", "editor", "laptop")
    assert credential.partition(".")[2] not in said
    assert run(monkeypatch, "keys", "revoke", listed["prefix"]) == 0
    assert accounts.by_key(credential) is None
    assert run(monkeypatch, "keys", "revoke", listed["prefix"]) == 2
    accounts.close()


def test_the_key_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "keys", "create", "ada", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["scope"] == "viewer"
    assert made["key"].startswith(made["prefix"] + ".")


def test_nobody_may_be_local(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "keys", "create", "local") == 2
    assert "owner: found 'local'" in capsys.readouterr().err


def test_serving_others_takes_an_account(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "serve", "--host", "0.0.0.0", "--port", "0") == 2
    assert "neuroweave keys create YOUR-NAME --scope admin" in capsys.readouterr().err
    monkeypatch.setenv("NEUROWEAVE_ANONYMOUS", "viewer")
    assert run(monkeypatch, "serve", "--host", "0.0.0.0", "--port", "0") == 2


def test_settings_become_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROWEAVE_ANONYMOUS", "viewer")
    monkeypatch.setenv("NEUROWEAVE_HOSTS", "Atlas.lab, other.lab")
    monkeypatch.setenv("NEUROWEAVE_ORIGINS", "https://lab.example")
    monkeypatch.setenv("NEUROWEAVE_OIDC_ISSUER", "https://idp.example")
    monkeypatch.setenv("NEUROWEAVE_OIDC_AUDIENCE", "neuroweave")
    monkeypatch.setenv("NEUROWEAVE_SESSION_HOURS", "2")
    found = load_settings().access(local=False)
    assert (found.local, found.anonymous, found.session_s) == (False, True, 7200)
    assert found.hosts == ("atlas.lab", "other.lab")
    assert found.oidc is not None
    assert found.oidc.audience == "neuroweave"
    assert load_settings().access(local=True).local


def test_the_client_takes_its_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROWEAVE_API_KEY", "nw.env")
    with Client() as client:
        assert client._http.headers["authorization"] == "Bearer nw.env"
    with Client(key="nw.own") as client:
        assert client._http.headers["authorization"] == "Bearer nw.own"
    monkeypatch.delenv("NEUROWEAVE_API_KEY")
    with Client() as client:
        assert "authorization" not in client._http.headers
