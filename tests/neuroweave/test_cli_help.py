"""What the command line says without touching a database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from neuroweave import cli

HEAVY = ("torch", "nilearn", "sklearn", "pandas", "neo4j", "scipy", "optuna", "fastapi", "httpx2")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command line in this process; gives its exit code."""

    def call(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["neuroweave", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return int(end.value.code or 0)

    return call


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom neuroweave.cli import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0, result.output\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_command_is_put_together_without_the_others(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = cli._command("")
    assert len(whole.commands) > 30
    assert whole.commands.keys() == cli._command("nonsense").commands.keys()
    for name in whole.commands:
        assert list(cli._command(name).commands) == [name]
        assert run(name, "--help") == 0
        alone = capsys.readouterr().out
        with monkeypatch.context() as patch:
            patch.setattr(cli, "_command", lambda _: whole)
            assert run(name, "--help") == 0
        assert capsys.readouterr().out == alone
    assert run("modls") == 2
    assert "models" in capsys.readouterr().err


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
def test_every_command_explains_itself(
    command: str, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


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
def test_mistakes_are_named_with_exit_code_2(
    words: tuple[str, ...],
    expected: str,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(*words) == 2
    found = capsys.readouterr()
    assert expected in found.err
    assert "Traceback" not in found.err
    assert found.out == ""


def test_a_broken_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUROWEAVE_NEO4J_URI", "http://127.0.0.1:1")
    found = subprocess.run(
        [sys.executable, "-P", "-m", "neuroweave", "stats"], capture_output=True, text=True
    )
    assert found.returncode in (1, 2)
    assert "error:" in found.stderr
    assert "127.0.0.1:1" in found.stderr
    assert "Traceback" not in found.stderr
