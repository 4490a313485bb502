"""The installer's handling of the lock file."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def do() -> ModuleType:
    spec = importlib.util.spec_from_file_location("do", ROOT / "do.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages(text: str) -> list[str]:
    return re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==", text, flags=re.MULTILINE)


def test_every_entry_of_the_lock_has_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text()
    for entry in re.split(r"\n(?=[A-Za-z0-9])", text):
        assert "--hash=sha256:" in entry, entry
    assert "://" not in text
    assert "--index" not in text


def test_without_torch_drops_torch_and_its_gpu_parts_only(do: ModuleType) -> None:
    path: Path = do.without_torch()
    kept = packages(path.read_text())
    path.unlink()
    dropped = set(packages((ROOT / "requirements.lock").read_text())) - set(kept)
    assert "torch" in dropped
    assert {name for name in dropped if not re.match(r"torch|triton|nvidia|cuda", name)} == set()
    assert {"numpy", "uv", "safetensors"} <= set(kept)


def test_filtered_lock_keeps_whole_entries(do: ModuleType) -> None:
    path: Path = do.filtered_lock(lambda name: name == "uv")
    text = path.read_text()
    path.unlink()
    assert packages(text) == ["uv"]
    assert text.count("--hash=sha256:") >= 1


def test_unknown_command_prints_the_usage(
    do: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert do.main(["do.py", "fly"]) == 2
    assert "python3 do.py demo" in capsys.readouterr().out


def test_slow_tests_wait_until_they_are_asked_for(
    do: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(do, "call", lambda command: commands.append(command))
    assert do.test(["-x"]) == 0
    assert commands[-1][-3:] == ["-m", "not slow", "-x"]
    assert do.test(["-m", "slow"]) == 0
    assert commands[-1][-2:] == ["-m", "slow"]
    assert "not slow" not in commands[-1]


def test_an_audit_fails_on_weaknesses_only(do: ModuleType) -> None:
    sound = {"name": "a", "version": "1", "vulns": []}
    weak = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    unknown = {"name": "c", "skip_reason": "not found"}

    def said(*packages: dict[str, object]) -> tuple[int, str]:
        code, lines = do.audited(json.dumps({"dependencies": packages}))
        return code, "\n".join(lines)

    assert said(sound) == (0, "audited: 1 packages, 0 weaknesses")
    assert said(sound, weak)[0] == 1
    assert "b 2: CVE-1" in said(sound, weak)[1]
    assert said(sound, unknown)[0] == 0
    assert "AUDIT INCOMPLETE: nothing is known of c" in said(sound, unknown)[1]
    for silence in (said(unknown), do.audited("no net")):
        assert silence[0] == 0
        assert "AUDIT SKIPPED" in str(silence[1])
