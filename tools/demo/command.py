"""The command line of `make demo`: starts what the story needs, and ends it in every case."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

# Before the provider's package, which is then loaded on demand.
import ddb_stream_lambda  # noqa: F401

import local
from tests.e2e.emulator_process import Emulator, EmulatorError
from tests.e2e.providers import Provider, ProviderMissingError, choose_provider
from tests.e2e.skipping import find_missing
from tests.e2e.terraform import Terraform, TerraformError
from tests.engines.engine import Engine
from tests.engines.install import CannotInstallError
from tests.engines.node import Node
from tests.function.search_server import SearchServer

from .local_world import LocalWorld
from .recording import Recording
from .screen import Screen
from .story import TITLES, Story, UntrueError
from .world import World

DESCRIPTION = """\
Deploy the example with the real Terraform to an emulator of AWS on this machine, follow records from the table to the
search index, let one fail and send it again, and destroy everything. Needs no AWS account.
"""
EPILOG = """\
exit codes:
  0    everything that was shown is true
  1    something that was to be shown is not true, or a program failed
  2    wrong usage, or something is missing; the message names what to install
  130  interrupted; nothing is left
"""
COMMAND = "make demo"
INTERRUPTED = 130
NAME = "Recording of make demo in a terminal. " + " ".join(f"{title}." for title in TITLES)
FOLDER_PREFIX = "demo-"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


INSTALL_TERRAFORM = "install Terraform 1.5 or later: https://developer.hashicorp.com/terraform/install"
INSTALL_AGAIN = "correct that, and run `python tests/e2e/install.py`"


class MissingError(Exception):
    """Something that the demo needs is not on this machine; the message names how to install it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo, and return its exit code."""
    parser = argparse.ArgumentParser(
        prog=COMMAND, description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", metavar="FILE", type=Path, help="write a picture (SVG) of the terminal")
    parser.add_argument(
        "--engine",
        choices=("opensearch", "server"),
        help="the search engine (default: opensearch if possible)",
    )
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    forget_accounts()
    recording = None if options.record is None else Recording()
    screen = Screen(sys.stdout, recording=recording)
    try:
        with interruptions(), ExitStack() as stack:
            folder = Path(stack.enter_context(open_folder()))
            world = start_world(screen, stack, folder, engine=options.engine)
            story = Story(world, screen)
            story.run()
            screen.title("Stopping the emulator and the search engine")
    except MissingError as error:
        print(f"{COMMAND}: {error}", file=sys.stderr)
        return 2
    except (UntrueError, TerraformError, EmulatorError) as error:
        screen.failure(str(error))
        return 1
    except KeyboardInterrupt:
        print(f"\n{COMMAND}: interrupted; everything ran on this machine, and nothing of it is left", file=sys.stderr)
        return INTERRUPTED
    left = [*(["its folder"] if folder.exists() else []), *(url for url in world.urls if is_listening(url))]
    if left:
        screen.failure(f"not true: nothing of the demo is left; found: {', '.join(left)}")
        return 1
    screen.check(f"{story.checks + 1} checks passed; no server and no folder is left")
    if recording is not None:
        options.record.write_text(recording.svg(command=COMMAND, name=NAME), encoding="utf-8")
    return 0


def forget_accounts() -> None:
    """Remove the variables that configure AWS clients, so that nothing can reach an account of the user."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]


@contextmanager
def interruptions() -> Iterator[None]:
    """Turn the first signal that ends a process into a KeyboardInterrupt, and ignore further ones while cleaning up."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def open_folder() -> tempfile.TemporaryDirectory[str]:
    """Create the folder for all files of the demo."""
    return tempfile.TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True)


def is_listening(url: str) -> bool:
    """Return whether a server on this machine accepts connections."""
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname, address.port), timeout=1):
            return True
    except OSError:
        return False


def start_world(screen: Screen, stack: ExitStack, folder: Path, *, engine: str | None) -> World:
    """Start the emulator and a search engine, and print what is real and what is emulated.

    Args:
        screen: where this is printed.
        stack: ends everything that is started.
        folder: the folder for all files.
        engine: "opensearch" or "server", or None for the first that can be started.

    Raises:
        MissingError: if something is not on this machine.
    """
    with screen.waiting("Starting …"):
        provider = find_provider(folder)
        emulator = Emulator(folder / "emulator")
        stack.push(emulator)  # it starts while the search engine starts
        search_url, why_not_real = open_search(stack, folder, choice=engine)
        emulator.wait_until_started()
    search = Engine(search_url)
    real = [f"Terraform {terraform_version()}", str(provider), "the sample function"]
    screen.note("A table, its stream, a function and a search index, on this machine only: no AWS account.")
    screen.note(f"Real: {', '.join(real if why_not_real else [*real, f'OpenSearch {search.version}'])}.")
    screen.note("Emulated: AWS, by localemu with the repairs in docs/emulators.md (bisection is one of them).")
    if why_not_real:
        screen.note(f"Emulated: the search engine, by the search server of the tests. {why_not_real}")
    screen.note("The times are those at which the demo sees something.")
    terraform = Terraform(folder / "terraform", provider)
    return LocalWorld(emulator=emulator, terraform=terraform, engine=search, folder=folder)


def find_provider(folder: Path) -> Provider:
    """Return the AWS provider that Terraform can use, after a check that Terraform and the emulator are installed.

    Raises:
        MissingError: if one of them is not.
    """
    if shutil.which("terraform") is None:
        raise MissingError(f"terraform is not on the path; {INSTALL_TERRAFORM}")
    if reason := find_missing("emulator"):
        raise MissingError(f"the emulator of AWS cannot be started: {reason}; {INSTALL_AGAIN}")
    (folder / "provider").mkdir()
    try:
        return choose_provider(folder / "provider")
    except ProviderMissingError as error:
        raise MissingError(f"Terraform finds no AWS provider: {error}; {INSTALL_AGAIN}") from None


def terraform_version() -> str:
    process = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=True)
    return str(json.loads(process.stdout)["terraform_version"])


def open_search(stack: ExitStack, folder: Path, *, choice: str | None) -> tuple[str, str]:
    """Start a search engine.

    Args:
        stack: ends the engine.
        folder: the folder for the engine's data.
        choice: "opensearch" or "server", or None for the first that can be started.

    Returns:
        The URL, and why it is not a real engine; empty if it is one.

    Raises:
        MissingError: if OpenSearch was chosen and cannot be started.
    """
    reason = "This engine was chosen."
    if choice != "server":
        try:
            installation = local.load_or_install()
        except CannotInstallError as error:
            reason = f"OpenSearch cannot be started: {error}."
            if choice == "opensearch":
                raise MissingError(reason) from None
        else:
            return stack.enter_context(Node(installation, folder / "opensearch")).url, ""
    return stack.enter_context(SearchServer(time.time)).url, reason
