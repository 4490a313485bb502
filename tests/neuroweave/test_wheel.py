"""The wheel works where the source tree is not in sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # By way of the sdist, so that the sdist is proved to be complete as well.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_wheel_holds_the_data_and_not_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.endswith(".cypher") for name in names)
    assert any(name.startswith("ingest/data/") for name in names)
    assert "neuroweave/py.typed" in names
    assert not [name for name in names if name.split("/")[0] in ("tests", "bench", "docs")]


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; the dependencies are those of this environment."""
    home = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*install, "--python", str(python), str(wheel)], check=True)
    # A path line adds the folder without reading the .pth files in it, so the editable install
    # of the source tree stays out of sight.
    site = next((home / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


@pytest.mark.slow
@pytest.mark.server
def test_quick_demo_from_the_wheel(elsewhere: Path, tmp_path: Path) -> None:
    kept = ("PATH", "HOME", "LANG", "JAVA_HOME")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    environment["NEUROWEAVE_HOME"] = str(tmp_path / "data")
    where = (
        "import atlas, ingest, neuroweave as n; print(atlas.__file__, ingest.__file__, n.__file__)"
    )
    python = str(elsewhere / "bin" / "python")
    found = subprocess.run(
        [python, "-c", where], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert all(str(elsewhere) in path for path in found.stdout.split()), found

    demo = subprocess.run(
        [str(elsewhere / "bin" / "neuroweave"), "demo", "--quick", "--json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert demo.returncode == 0, demo.stderr[-3000:]
    result = json.loads(demo.stdout)["build"]
    trivial = [result["validation"][n] for n in ("best_single", "sum_log_prob", "late_concat")]
    assert result["validation"]["result"] >= max(trivial)
