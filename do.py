#!/usr/bin/env python3
"""The two commands of a newcomer, on nothing but Python 3.11 and the package registries.

    python3 do.py demo [options of `neuroweave demo`]
    python3 do.py test [options of pytest]    all but the slow tests; `-m slow` runs those
    python3 do.py audit    known weaknesses of what requirements.lock names, where the net is there

All make `.venv` on first use and install exactly what `requirements.lock` names (by hash).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "neuroweave-installed"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

# What comes with the registry's torch on Linux and is not wanted beside a CPU-only one.
TORCH_PARTS = re.compile(r"^(torch|triton|nvidia-|cuda-)")


def main(argv: list[str]) -> int:
    if len(argv) < 2 or argv[1] not in ("demo", "test", "audit", "install"):
        print(__doc__.strip())
        return 2
    install()
    if argv[1] == "demo":
        return call([str(PYTHON), "-P", "-m", "neuroweave", "demo", *argv[2:]])
    if argv[1] == "test":
        return test(argv[2:])
    if argv[1] == "audit":
        return audit()
    return 0


def test(pytest_options: list[str]) -> int:
    """Style, types, layers, then the test suite on two processes; any failure fails.

    Kill tests, races and trainings are marked slow and wait until they are asked for.
    """
    wanted = pytest_options if "-m" in pytest_options else ["-m", "not slow", *pytest_options]
    steps = [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["lint-imports"],
        ["pytest", "-n", "2", "--dist", "loadfile", *wanted],
    ]
    failed = []
    for step in steps:
        print(f"\n== {' '.join(step)}", flush=True)
        if call([str(BIN / step[0]), *step[1:]]):
            failed.append(step[0] if step[0] != "ruff" else " ".join(step[:2]))
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


def audit() -> int:
    """Ask the package index for known weaknesses; one that cannot be asked is no failure."""
    command = [str(BIN / "pip-audit"), "-r", str(LOCK), "--require-hashes", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(
            [*command, *options], capture_output=True, text=True, check=False, timeout=300
        )
        said = done.stdout
    except subprocess.TimeoutExpired:
        said = ""
    code, lines = audited(said)
    print("\n".join(lines))
    return code


def audited(said: str) -> tuple[int, list[str]]:
    """Exit code and what to print, from what pip-audit said as JSON."""
    try:
        packages = json.loads(said)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return 0, ["AUDIT SKIPPED: the advisory service cannot be reached from here"]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if len(unknown) == len(packages):
        return 0, ["AUDIT SKIPPED: the advisory service of this package index knows no package"]
    lines = [
        f"{one['name']} {one['version']}: {weak['id']} (mended in {weak['fix_versions'] or 'none'})"
        for one in packages
        for weak in one.get("vulns", ())
    ]
    code = 1 if lines else 0
    lines.append(f"audited: {len(packages) - len(unknown)} packages, {len(lines)} weaknesses")
    if unknown:
        lines.append(f"AUDIT INCOMPLETE: nothing is known of {', '.join(unknown)}")
    return code, lines


def call(command: list[str]) -> int:
    """Run to the end, leaving Ctrl-C to the child so that it can clean up."""
    child = subprocess.Popen(command, cwd=ROOT)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def install() -> None:
    """Make `.venv` hold what the lock file names; nothing to do when it already does."""
    if sys.version_info < (3, 11):
        sys.exit(f"Python: found {sys.version.split()[0]}, expected 3.11 or newer")
    wanted = hashlib.sha256(
        LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()
    ).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    print("Installing into .venv (a few minutes on a slow line; torch is large) ...", flush=True)
    installer = make_environment()
    requirements = without_torch() if has_cpu_torch() else LOCK
    try:
        run([*installer, "--require-hashes", "-r", str(requirements)])
    finally:
        if requirements != LOCK:
            requirements.unlink()
    run([*installer, "--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    STAMP.write_text(wanted)


def make_environment() -> list[str]:
    """Create `.venv` and return the install command: uv where it can be had, else pip."""
    uv = [sys.executable, "-m", "uv"] if can_run([sys.executable, "-m", "uv"]) else None
    if shutil.which("uv"):
        uv = ["uv"]
    if not PYTHON.exists():
        if uv:
            run([*uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
        elif subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False).returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit("venv: could not be made; on Debian and Ubuntu: apt install python3-venv")
    own_pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    if not uv and not can_run([str(PYTHON), "-m", "uv"]):
        only_uv = filtered_lock(lambda name: name == "uv")
        subprocess.run([*own_pip, "install", "-q", "--require-hashes", "-r", only_uv], check=False)
        only_uv.unlink()
    if not uv and can_run([str(PYTHON), "-m", "uv"]):
        uv = [str(PYTHON), "-m", "uv"]
    return [*uv, "pip", "install", "--python", str(PYTHON)] if uv else [*own_pip, "install"]


def can_run(command: list[str]) -> bool:
    return not subprocess.run([*command, "--version"], capture_output=True, check=False).returncode


def has_cpu_torch() -> bool:
    """Whether the environment already holds a CPU-only torch, which is kept as it is."""
    ask = "import importlib.metadata as m; print(m.version('torch'))"
    found = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True, check=False)
    return found.stdout.strip().endswith("+cpu")


def without_torch() -> Path:
    return filtered_lock(lambda name: not TORCH_PARTS.match(name))


def filtered_lock(keep) -> Path:
    """Write the lock's entries whose package name passes ``keep`` to a temporary file."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text())
    kept = [entry for entry in entries if keep(re.split(r"[=\s\[]", entry, maxsplit=1)[0])]
    handle, name = tempfile.mkstemp(suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(kept) + "\n")
    return Path(name)


def run(command: list[str]) -> None:
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(f"failed: {' '.join(command)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv))
