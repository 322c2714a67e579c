"""The command line ``ddb-stream-lambda handoff``."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Never

from . import checksums
from .bundle import ConfigurationWriter, bundle_files
from .errors import HandoffError, InterruptionError, UsageError
from .facts import backends
from .facts.stack import derive_facts
from .folder import STOP_SIGNALS, check_replaceable, replace
from .formats import BundleKind, Format
from .imports import read_imports
from .progress import Progress
from .synthesized.app import is_synthesized, read_app, run_app
from .synthesized.configuration import Configuration, read_configuration
from .synthesized.module_paths import with_module_paths
from .terraform.hcl_tool import HclTool
from .terraform.lock_file import FILE as LOCK_FILE
from .terraform.lock_file import lock_file

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

PLATFORM = re.compile(r"[a-z0-9]+_[a-z0-9]+")
SUMMARY = "write a stack as Terraform that an operations team runs without Python"
DESCRIPTION = """\
Write a synthesized stack to dist/<stack>/: a folder of Terraform that an operations team runs without Python.

The folder is called a bundle. It contains the configuration (variables, outputs and version constraints in separate
files), the code archives, a README in the format of terraform-docs, a runbook, SHA256SUMS, and MANIFEST.json with the
versions of the tools. You can copy the folder to any machine. The same stack always gives the same bytes.
"""
EPILOG = """\
examples:
  ddb-stream-lambda handoff                                every stack, as JSON, to dist/
  ddb-stream-lambda handoff orders --format hcl            one stack, as HCL in the style of terraform fmt
  ddb-stream-lambda handoff orders --as module --synth     synthesize first; a module that other Terraform code calls
  ddb-stream-lambda handoff orders --backend s3            keep the state in S3
  ddb-stream-lambda handoff orders --lock linux_amd64      pin the providers for Linux in a lock file
  ddb-stream-lambda handoff orders --import-from ids.json  import existing resources
  ddb-stream-lambda handoff --json | jq -r '.[].folder'    for scripts

ids.json maps the addresses of resources to their ids:
  {"aws_dynamodb_table.pipeline": "orders", "aws_iam_role.pipeline": "orders"}

The command never replaces a folder that is not a bundle, or a bundle with added or changed files. It writes the new
bundle next to the earlier one, and renames it when it is complete.

exit codes:
  0  success
  1  a bug in this command
  2  usage: an unknown option, stack or address
  3  the stack cannot be handed over: an absolute path, a missing file, or a block that HCL does not support
  4  the output folder must not be replaced, or cannot be written
  5  the app could not be synthesized
  6  --lock: terraform is missing, or does not find a provider for a platform
  130, 143  interrupted; no bundle was replaced
"""


def add_command(commands: Subcommands, package_version: str) -> None:
    """Add the command to the program.

    Args:
        commands: the program's subcommands.
        package_version: the version of this package, for MANIFEST.json.
    """
    parser = commands.add_parser(
        "handoff",
        help=SUMMARY,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run, package_version=package_version)
    parser.add_argument("stacks", nargs="*", metavar="STACK", help="the stacks to hand over (default: all)")
    parser.add_argument(
        "--format",
        type=_format,
        metavar="{json,hcl}",
        default=Format.JSON,
        help="Terraform's JSON syntax (default), or HCL",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=[kind.value for kind in BundleKind],
        default=BundleKind.ROOT.value,
        help="a root module, which operators run (default), or a reusable module without provider and backend",
    )
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="output folder (default: dist)")
    parser.add_argument(
        "--backend",
        choices=[backends.NONE, *backends.TYPES],
        help="type of backend that the bundle names, without settings (default: the stack's backend, if not local)",
    )
    parser.add_argument(
        "--import-from", type=Path, metavar="FILE", help="JSON file of addresses and ids, for import blocks"
    )
    parser.add_argument(
        "--lock",
        action="append",
        type=_platform,
        default=[],
        metavar="PLATFORM",
        help="add a lock file of the providers for a platform such as linux_amd64, with the terraform on the PATH; "
        "can be repeated",
    )
    parser.add_argument(
        "--synth", action="store_true", help="run the app of cdktf.json first (default: only if --from has no output)"
    )
    parser.add_argument(
        "--from",
        dest="cdktf_output",
        type=Path,
        default=Path("cdktf.out"),
        metavar="DIR",
        help="folder that cdktf wrote (default: cdktf.out)",
    )
    parser.add_argument(
        "--no-check",
        dest="check",
        action="store_false",
        help="do not parse the HCL and compare it with the JSON configuration (needs Node.js and cdktf-cli)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="do not print the steps")


def run(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    try:
        with _signals_as_errors(), HclTool(Path.cwd()) as hcl_tool:
            results = _hand_over(options, hcl_tool)
    except HandoffError as error:
        if options.json:
            print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
        print(f"handoff: {error}", file=sys.stderr)
        return error.exit_code
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            print(f"{result['stack']}: {result['folder']}")
    return 0


def _hand_over(options: argparse.Namespace, hcl_tool: HclTool) -> list[dict[str, object]]:
    progress = Progress(quiet=options.quiet)
    cdktf_output = options.cdktf_output.resolve()
    project = Path.cwd()
    if options.synth or not is_synthesized(cdktf_output):
        with progress.step("synthesizing the app"):
            run_app(project, cdktf_output)
    app = read_app(cdktf_output)
    stacks = app.select(options.stacks)
    if options.import_from and len(stacks) != 1:
        raise UsageError(f"--import-from needs exactly one stack; name one of: {', '.join(stacks)}")
    kind = BundleKind(options.kind)
    if kind is BundleKind.MODULE:
        _check_module_options(options)
    for stack in stacks:
        check_replaceable(options.out / stack)
    results = []
    for stack in stacks:
        with progress.step(f"{stack}: reading the configuration"):
            configuration = _read_configuration(
                app.stacks[stack], [project, cdktf_output, Path.home()], import_from=options.import_from
            )
        with progress.step(f"{stack}: composing the bundle"):
            facts = derive_facts(
                stack,
                with_module_paths(configuration),
                kind=kind,
                backend=options.backend,
                cdktf_version=app.cdktf_version,
                package_version=options.package_version,
            )
            writer = ConfigurationWriter(
                options.format, stack_folder=app.stacks[stack].parent, hcl_tool=hcl_tool, check=options.check
            )
            files = bundle_files(facts, writer)
        if options.lock:
            with progress.step(f"{stack}: locking the providers for {', '.join(options.lock)}"):
                files[LOCK_FILE] = lock_file(files, options.lock)
        target = options.out / stack
        with progress.step(f"{stack}: writing {len(files)} files"):
            replace(target, files)
        results.append(
            {
                "stack": stack,
                "folder": str(target),
                "format": options.format.value,
                "kind": kind.value,
                "files": len(files) + 1,
                "sha256sums": checksums.checksum(target / checksums.FILE),
            }
        )
    return results


def _format(value: str) -> Format:
    if value == "both":
        raise argparse.ArgumentTypeError(
            "'both' is not a format any more; write a bundle for each of 'json' and 'hcl', each to its own --out"
        )
    try:
        return Format(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid choice: {value!r} (choose from 'json', 'hcl')") from None


def _platform(value: str) -> str:
    if not PLATFORM.fullmatch(value):
        raise argparse.ArgumentTypeError(f"{value!r} is not a platform such as linux_amd64 or darwin_arm64")
    return value


def _check_module_options(options: argparse.Namespace) -> None:
    if options.backend not in (None, backends.NONE):
        raise UsageError("--as module: the caller of a reusable module chooses the backend, so leave --backend out")
    if options.lock:
        raise UsageError("--as module: the caller of a reusable module has the lock file, so leave --lock out")


def _read_configuration(path: Path, machine_folders: list[Path], *, import_from: Path | None) -> Configuration:
    configuration = read_configuration(path, machine_folders)
    if import_from is None:
        return configuration
    return configuration.with_imports(read_imports(import_from, configuration.resources))


@contextmanager
def _signals_as_errors() -> Iterator[None]:
    """Raise an error for a signal that stops the process, so that the incomplete bundle is removed."""

    def stop(number: int, _frame: FrameType | None) -> Never:
        raise InterruptionError(number)

    handlers = {number: signal.signal(number, stop) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
