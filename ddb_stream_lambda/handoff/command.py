"""The command line ``ddb-stream-lambda handoff``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Never

from . import checksums
from .bundle import bundle_files
from .errors import HandoffError, InterruptionError, UsageError
from .facts import backends
from .facts.archives import check_archives
from .facts.secrets import OPTION as NO_SECRET
from .facts.secrets import check_secrets
from .facts.stack import derive_facts
from .folder import STOP_SIGNALS, check_replaceable, replace
from .formats import Format
from .imports import read_imports
from .progress import Progress
from .synthesized.app import is_synthesized, read_app, run_app
from .synthesized.configuration import Configuration, read_configuration

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

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
  ddb-stream-lambda handoff orders --format both --synth   synthesize first; HCL for Terraform, and JSON in json/
  ddb-stream-lambda handoff orders --backend s3            keep the state in S3
  ddb-stream-lambda handoff orders --import-from ids.json  import existing resources
  ddb-stream-lambda handoff --json | jq -r '.[].folder'    for scripts

ids.json maps the addresses of resources to their ids:
  {"aws_dynamodb_table.pipeline_table_4950B2AC": "orders", "aws_iam_role.pipeline_role_344DF3A8": "orders"}

The command never replaces a folder that is not a bundle, or a bundle with added or changed files. It writes the new
bundle next to the earlier one, and renames it when it is complete.

exit codes:
  0  success
  1  a bug in this command
  2  usage: an unknown option, stack or address
  3  the stack cannot be handed over: a secret, an absolute path, a missing or changed file, or an unsupported block
  4  the output folder must not be replaced, or cannot be written
  5  the app could not be synthesized
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
        choices=[format.value for format in Format],
        default=Format.JSON.value,
        help="Terraform's JSON syntax (default), HCL, or HCL with the JSON in json/",
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
        NO_SECRET,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a literal value that has the name of a secret and is none, such as aws_x.y.token (can be repeated)",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--quiet", action="store_true", help="do not print the steps")


def run(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    try:
        with _signals_as_errors():
            results = _hand_over(options)
    except HandoffError as error:
        if options.json:
            print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
        print(f"handoff: {error}", file=sys.stderr)
        return error.exit_code
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        for result in results:
            print(f"{result['stack']}: {result['folder']} (SHA-256 of {checksums.FILE}: {result['sha256sums']})")
    return 0


def _hand_over(options: argparse.Namespace) -> list[dict[str, object]]:
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
    for stack in stacks:
        check_replaceable(options.out / stack)
    results = []
    for stack in stacks:
        with progress.step(f"{stack}: reading the configuration"):
            configuration = _read_configuration(
                app.stacks[stack], [project, cdktf_output, Path.home()], import_from=options.import_from
            )
        with progress.step(f"{stack}: checking secrets and code archives"):
            check_secrets(configuration, options.no_secret)
            check_archives(configuration, app.stacks[stack].parent)
        with progress.step(f"{stack}: composing the bundle"):
            facts = derive_facts(
                stack,
                configuration,
                backend=options.backend,
                cdktf_version=app.cdktf_version,
                package_version=options.package_version,
            )
            files = bundle_files(facts, Format(options.format), stack_folder=app.stacks[stack].parent)
        for difference in facts.requirements.opentofu.differences:
            progress.note(f"{stack}: {difference}")
        target = options.out / stack
        with progress.step(f"{stack}: writing {len(files)} files"):
            replace(target, files)
        results.append(
            {
                "stack": stack,
                "folder": str(target),
                "format": options.format,
                "files": len(files) + 1,
                "sha256sums": checksums.checksum(target / checksums.FILE),
                "opentofu": facts.requirements.opentofu.version,
                "opentofu_differences": list(facts.requirements.opentofu.differences),
            }
        )
    return results


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
