"""The installer's handling of the lock file."""

from __future__ import annotations

import importlib.util
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
