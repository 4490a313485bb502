"""What the command line says without touching a database."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "nilearn", "sklearn", "pandas", "neo4j", "scipy", "optuna", "fastapi", "httpx2")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "neuroweave", *words], capture_output=True, text=True
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom neuroweave.cli import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0, result.output\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "activate",
        "build",
        "plan",
        "locate",
        "cypher",
        "serve",
        "worker",
        "history",
        "stats",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    found = run(command, "--help")
    assert found.returncode == 0
    assert "Usage" in found.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("activate",), "input: found none of them"),
        (("activate", "--scenario", "s", "--regions", "r"), "found regions and scenario"),
        (("activate", "--peaks", "no-such-file.tsv"), "no-such-file.tsv"),
        (("activate", "--scenario", "s", "--sign", "up"), "sign: found 'up'"),
        (("locate", "here", "0", "0"), "x: found 'here'"),
        (("build", "--scenario", "s", "--trials", "0"), "--trials"),
    ],
)
def test_mistakes_are_named_with_exit_code_2(words: tuple[str, ...], expected: str) -> None:
    found = run(*words)
    assert found.returncode == 2, found
    assert expected in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""


def test_a_broken_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROWEAVE_NEO4J_URI", "http://127.0.0.1:1")
    found = run("stats")
    assert found.returncode in (1, 2)
    assert "error:" in found.stderr
    assert "127.0.0.1:1" in found.stderr
    assert "Traceback" not in found.stderr
