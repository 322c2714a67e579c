"""The types of the fixtures, and how the tests run the command and Terraform."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ddb_stream_lambda.cli import main

ROOT = Path(__file__).parents[2]
# The programs that npm installed for this project, such as cdktf.
PROGRAMS = str(ROOT / "node_modules" / ".bin")
TABLE = "aws_dynamodb_table.pipeline"
MAPPING = "aws_lambda_event_source_mapping.pipeline"
# Settings that keep terraform and the provider from using the network.
OFFLINE_SETTINGS = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AWS_EC2_METADATA_DISABLED": "true"}

Config = dict[str, Any]
# Changes the configuration that cdktf wrote.
Edit = Callable[[Callable[[Config], None]], None]


class HandOver(Protocol):
    """Runs the command with options, and returns the bundle's folder."""

    def __call__(self, *options: str) -> Path: ...


class Refused(Protocol):
    """Runs the command, checks its exit code and that the output folder did not change, and returns the error."""

    def __call__(self, *options: str, code: int) -> str: ...


class Terraform(Protocol):
    """Runs terraform in a folder, checks its exit code, and returns its output."""

    def __call__(self, folder: Path, *arguments: str, accept: tuple[int, ...] = (0,)) -> str: ...


def run_handoff(*options: str) -> int:
    """Run the command in this process, and return its exit code."""
    return main(["handoff", *options])


def terraform_with(environment: dict[str, str]) -> Terraform:
    """Return a function that runs terraform with these environment variables and no others."""

    def run(folder: Path, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        run = subprocess.run(
            [environment["PATH"] + "/terraform", *arguments],
            cwd=folder,
            env=OFFLINE_SETTINGS | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in accept, run.stdout + run.stderr
        return run.stdout + run.stderr

    return run
