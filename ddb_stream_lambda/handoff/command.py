"""The command line ``ddb-stream-lambda handoff``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Never

from . import checksums
from .bundle import ConfigurationWriter, bundle_files
from .errors import ConfigurationError, HandoffError, InterruptionError, OutputError, UsageError
from .facts import backends
from .facts.archives import check_archives
from .facts.constraints import Requirements
from .facts.secrets import OPTION as NO_SECRET
from .facts.secrets import check_secrets
from .facts.stack import derive_facts
from .filenames import to_path, to_text
from .folder import STOP_SIGNALS, check_replaceable, replace
from .formats import BundleKind, Format
from .imports import read_imports
from .progress import Progress
from .synthesized.app import (
    SynthesizedApp,
    check_output,
    is_synthesized,
    newer_files,
    output_of_project,
    read_app,
    run_app,
)
from .synthesized.assets import collect_assets
from .synthesized.configuration import Configuration, read_configuration
from .synthesized.machine_paths import MachineFolders, folders_of_this_machine
from .synthesized.module_paths import with_module_paths
from .terraform.hcl_tool import HclTool
from .terraform.lock_file import FILE as LOCK_FILE
from .terraform.lock_file import lock_file

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[Any]

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

The command never replaces a folder that is not a bundle, or a bundle with changed files. Files that someone added to a
bundle, such as a state, variables, or the selected workspace in .terraform, stay in the folder. The command writes all
new bundles next to the earlier ones, and renames them when they are all complete.

exit codes:
  0  success
  1  a bug in this command
  2  usage: an unknown option, stack or address
  3  a stack cannot be handed over: a secret, an absolute path, a missing or changed file, or an unsupported block
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
        "--synth",
        action="store_true",
        help="run the app of cdktf.json first (default: only if cdktf.out does not exist, and without --from)",
    )
    parser.add_argument(
        "--from",
        dest="cdktf_output",
        type=Path,
        metavar="DIR",
        help="folder that cdktf wrote (default: the output of cdktf.json, or cdktf.out)",
    )
    parser.add_argument(
        "--allow-path",
        action="append",
        default=[],
        metavar="PATH",
        help="a path that the configuration may name although it is absolute or missing here; can be repeated",
    )
    parser.add_argument(
        NO_SECRET,
        action="append",
        default=[],
        metavar="ADDRESS",
        help="a literal value that has the name of a secret and is none, such as aws_x.y.token (can be repeated)",
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
        try:
            with _signals_as_errors(), HclTool(Path.cwd()) as hcl_tool:
                results = _hand_over(options, hcl_tool)
        except RecursionError as error:
            raise ConfigurationError("a configuration has more nested values than this command can read") from error
        _print(json.dumps(results, indent=2) if options.json else _summary(results))
    except HandoffError as error:
        return report_error(error, as_json=options.json)
    return 0


def report_error(error: HandoffError, *, as_json: bool, command: str = "handoff") -> int:
    """Print an error to standard error, and return the exit code of the command.

    Args:
        error: the error.
        as_json: whether to print it to standard output too, as JSON.
        command: the name of the command.
    """
    if as_json:
        # If this cannot be printed, the error itself still matters more.
        with contextlib.suppress(OutputError):
            _print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
    _note(str(error), command)
    return error.exit_code


def _print(text: str) -> None:
    """Print the result to standard output. A reader that needs no more of it, such as ``head``, is not an error."""
    if sys.stdout is None:
        return
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard_standard_output()
    except OSError as error:
        _discard_standard_output()
        raise OutputError(f"the result could not be printed: {error}") from error


def _discard_standard_output() -> None:
    # Python would write what is left in the buffer again when it ends, and fail again.
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _note(text: str, command: str = "handoff") -> None:
    # Names and values of a configuration may contain characters that control a terminal.
    text = "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1] for character in text
    )
    with contextlib.suppress(OSError):  # nobody may read it
        print(f"{command}: {text}", file=sys.stderr, flush=True)


def _summary(results: list[dict[str, object]]) -> str:
    return "\n".join(
        f"{result['stack']}: {result['folder']} (SHA-256 of {checksums.FILE}: {result['sha256sums']})"
        for result in results
    )


def _hand_over(options: argparse.Namespace, hcl_tool: HclTool) -> list[dict[str, object]]:
    progress = Progress(quiet=options.quiet)
    project = Path.cwd()
    app, output, app_notes = _synthesized_app(options, project, progress)
    for note in app_notes:
        _note(f"note: {note}")
    stacks = app.select(options.stacks)
    if options.import_from and len(stacks) != 1:
        raise UsageError(f"--import-from needs exactly one stack; name one of: {', '.join(stacks)}")
    kind = BundleKind(options.kind)
    if kind is BundleKind.MODULE:
        _check_module_options(options)
    targets = {stack: options.out / to_path(stack) for stack in stacks}
    for target in targets.values():
        check_replaceable(target)
    folders = folders_of_this_machine(project=project, output=output, allowed=options.allow_path)
    bundles: dict[Path, dict[str, str | Path]] = {}
    notes: dict[str, list[str]] = {}
    requirements: dict[str, Requirements] = {}
    for stack in stacks:
        with progress.step(f"{stack}: reading the configuration"):
            configuration = _read_configuration(app.stacks[stack], folders, import_from=options.import_from)
            assets = collect_assets(configuration, app.stacks[stack].parent, folders)
        with progress.step(f"{stack}: checking secrets and code archives"):
            check_secrets(configuration, options.no_secret)
            check_archives(configuration, app.stacks[stack].parent)
        notes[stack] = [
            f"{name}: only Terraform knows which file this is; check that it exists" for name in assets.unresolved
        ]
        for note in notes[stack]:
            _note(f"note: {note}")
        with progress.step(f"{stack}: composing the bundle"):
            facts = derive_facts(
                stack,
                with_module_paths(configuration),
                assets=assets,
                kind=kind,
                backend=options.backend,
                cdktf_version=app.cdktf_version,
                package_version=options.package_version,
            )
            writer = ConfigurationWriter(
                options.format, stack_folder=app.stacks[stack].parent, hcl_tool=hcl_tool, check=options.check
            )
            files = bundles[targets[stack]] = bundle_files(facts, writer)
            requirements[stack] = facts.requirements
        if options.lock:
            with progress.step(f"{stack}: locking the providers for {', '.join(options.lock)}"):
                files[LOCK_FILE] = lock_file(files, options.lock)
        for difference in facts.requirements.opentofu.differences:
            progress.note(f"{stack}: {difference}")
    count = sum(map(len, bundles.values()))
    with progress.step(f"writing {count} files"):
        kept = replace(bundles)
    for target, names in kept.items():
        if names:
            _note(f"note: {to_text(target)} keeps the files that were added to it: {', '.join(names)}")
    return [
        {
            "stack": stack,
            "folder": to_text(target),
            "format": options.format.value,
            "kind": kind.value,
            "files": sum(not (isinstance(file, Path) and file.is_dir()) for file in bundles[target].values()) + 1,
            "sha256sums": checksums.checksum(target / checksums.FILE),
            "kept": list(kept[target]),
            "notes": [*app_notes, *notes[stack]],
            "opentofu": requirements[stack].opentofu.version,
            "opentofu_differences": list(requirements[stack].opentofu.differences),
        }
        for stack, target in targets.items()
    ]


def _synthesized_app(
    options: argparse.Namespace, project: Path, progress: Progress
) -> tuple[SynthesizedApp, Path, list[str]]:
    """Return the app, the folder that cdktf wrote, and notes about it. Runs the app if that is needed."""
    output = (options.cdktf_output or output_of_project(project)).resolve()
    if options.cdktf_output is not None:
        check_output(output, project, will_be_written=options.synth)
    notes = []
    if options.synth or not is_synthesized(output):
        with progress.step("synthesizing the app"):
            run_app(project, output)
    elif newer := newer_files(project, output):
        notes.append(
            f"{', '.join(newer)} changed after the stacks were synthesized; run with --synth to hand over the change"
        )
    app = read_app(output)
    if app.leftovers:
        notes.append(
            f"{output.name} has stacks of an earlier synthesis, which are not handed over: {', '.join(app.leftovers)}"
        )
    return app, output, notes


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


def _read_configuration(path: Path, folders: MachineFolders, *, import_from: Path | None) -> Configuration:
    configuration = read_configuration(path, folders)
    if import_from is None:
        return configuration
    return configuration.with_imports(read_imports(import_from, configuration))


@contextlib.contextmanager
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
