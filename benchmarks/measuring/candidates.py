"""The handlers that the benchmark compares, each with a separate environment for its packages."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measuring.worker import Figures, Job

ROOT = Path(__file__).resolve().parents[2]


class UnavailableError(Exception):
    """Something that the benchmark compares cannot run here; the message is the reason."""


@dataclass(frozen=True)
class Candidate:
    """A handler to measure.

    Attributes:
        name: its name in the output.
        folder: the folder of its module `index`.
        python: the interpreter of its environment.
        compress: the environment variable COMPRESS, or "" for the handler's own default.
    """

    name: str
    folder: Path
    python: Path
    compress: str = ""

    def measure(self, endpoint: str, environment: Mapping[str, str], **job: object) -> Figures:
        """Measure the handler in a new process.

        Args:
            endpoint: the URL of the engine.
            environment: further environment variables of the handler.
            job: the attributes of the `Job`.
        """
        argument = json.dumps(asdict(Job(folder=str(self.folder), **job)))  # type: ignore[arg-type]
        command = [str(self.python), "-m", "benchmarks.measuring.worker", argument]
        defaults = {
            "SEARCH_ENDPOINT": endpoint,
            "COMPRESS": self.compress,
            "SEARCH_SERVICE": "none",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POWERTOOLS_"))}
        done = subprocess.run(
            command, cwd=ROOT, env=variables | defaults | dict(environment), capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{self.name} failed:\n{done.stderr}")
        figures: Figures = json.loads(done.stdout.splitlines()[-1])
        return figures


def working_tree() -> Candidate:
    """Return the function of the working tree; install its packages."""
    return candidate("now", ROOT / "function")


def plain_handler() -> Candidate:
    """Return the plain handler; install its packages."""
    return candidate("plain", ROOT / "benchmarks" / "plain_handler")


def revision(name: str, folder: Path) -> Candidate:
    """Return the function of a git revision; install its packages.

    Args:
        name: the revision.
        folder: the folder to extract it into.

    Raises:
        UnavailableError: if git does not have the revision.
    """
    try:
        archive = subprocess.run(["git", "archive", name, "function"], cwd=ROOT, check=True, capture_output=True)
    except FileNotFoundError:
        raise UnavailableError("git is not on the path") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode().strip()
        raise UnavailableError(f"git archive {name} failed: {reason}") from None
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return candidate(name, folder / "function")


def candidate(name: str, folder: Path) -> Candidate:
    return Candidate(name, folder, install(folder / "requirements.txt"))


def install(requirements: Path) -> Path:
    """Return the interpreter of an environment that has exactly the pinned packages; create it if it is new."""
    text = requirements.read_bytes()
    environment = ROOT / ".venv-benchmark-function" / hashlib.sha256(text).hexdigest()[:12]
    python = environment / "bin" / "python"
    marker = environment / ".ready"
    if not marker.exists():
        print(f"Installing the packages of {requirements} …", file=sys.stderr, flush=True)
        shutil.rmtree(environment, ignore_errors=True)
        venv.create(environment, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--requirement", str(requirements)], check=True)
        marker.touch()
    return python
