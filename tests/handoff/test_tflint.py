"""The rules of tflint on a bundle, all of them.

tflint is used if it is on the path or in .e2e/bin, where `make tflint` installs it. Compiling it takes minutes, so the
other targets of make do not.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .support import ROOT, HandOver

FOLDER = ROOT / ".e2e" / "bin"


@pytest.fixture(scope="session")
def tflint() -> str:
    command = shutil.which("tflint", path=f"{os.environ['PATH']}:{FOLDER}")
    if command is None:
        pytest.skip("tflint is not installed: run `make tflint`, which needs Go")
    return command


@pytest.mark.parametrize("kind", ["root", "module"])
@pytest.mark.parametrize("format", ["json", "hcl"])
def test_tflint_finds_nothing_in_any_folder(hand_over: HandOver, tflint: str, format: str, kind: str) -> None:
    bundle = hand_over("--format", format, "--as", kind)
    settings = Path(bundle, ".tflint.hcl")
    assert 'preset  = "all"' in settings.read_text()
    run = subprocess.run(
        [tflint, "--recursive", f"--config={settings}", "--format=compact"], cwd=bundle, capture_output=True, text=True
    )
    assert run.stderr == ""
    assert run.stdout == ""
    assert run.returncode == 0


def test_settings_enable_the_rules(hand_over: HandOver, tflint: str) -> None:
    bundle = hand_over("--format", "hcl")
    with (bundle / "variables.tf").open("a") as file:
        file.write('\nvariable "unused" {}\n')
    run = subprocess.run([tflint, "--format=compact"], cwd=bundle, capture_output=True, text=True)
    for rule in ("terraform_documented_variables", "terraform_typed_variables", "terraform_unused_declarations"):
        assert rule in run.stdout
