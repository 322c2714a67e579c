"""The command line of the hand-off."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Never

from . import backend, configuration, folder, imports, manifest, synthesis
from .bundle import FORMS, Request, contents_of
from .configuration import Configuration
from .errors import HandoffError, InterruptionError, UsageError
from .progress import Progress

DESCRIPTION = """\
Turn a synthesised stack into dist/<stack>/: a folder of Terraform that an operations team runs without Python.

It holds the configuration (variables, outputs and version constraints apart), the code archives, a README in
terraform-docs' form, a runbook, SHA256SUMS, and MANIFEST.json with the versions that made it. It can be copied
anywhere, and two runs of the same stack give the same bytes.
"""
EPILOG = """\
examples:
  ddb-stream-lambda handoff                                every stack, as JSON, into dist/
  ddb-stream-lambda handoff orders --format hcl             one stack, as HCL laid out like terraform fmt
  ddb-stream-lambda handoff orders --format both --synth    HCL to run, JSON in json/; synthesizes first
  ddb-stream-lambda handoff orders --backend s3             the state in S3
  ddb-stream-lambda handoff orders --import-from ids.json   take over what exists; see docs/adopting.md
  ddb-stream-lambda handoff --json | jq -r '.[].folder'     for machines

ids.json maps addresses to ids:
  {"aws_dynamodb_table.pipeline_table_4950B2AC": "orders", "aws_iam_role.pipeline_role_344DF3A8": "orders"}

A folder that is not a bundle of this command, or whose files were added to or changed, is never replaced. A bundle
is written aside and renamed when it is whole.

exit codes:
  0  done
  1  a mistake of this command's own
  2  usage: an unknown option, stack or address
  3  the configuration cannot be handed over: a path of this machine, a missing asset, a block HCL cannot say
  4  the output folder is not ours to replace, or cannot be written
  5  the app did not synthesise
  130, 143  interrupted; nothing was replaced
"""
PROJECT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: its command line; default the process's.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    try:
        with _signals_raise():
            made = _hand_over(asked)
    except HandoffError as error:
        if asked.json:
            print(json.dumps({"error": str(error), "exit_code": error.exit_code}))
        print(f"handoff: {error}", file=sys.stderr)
        return error.exit_code
    if asked.json:
        print(json.dumps(made, indent=2))
    else:
        for entry in made:
            print(f"{entry['stack']}: {entry['folder']}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ddb-stream-lambda handoff",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stacks", nargs="*", metavar="STACK", help="which stacks; default all")
    parser.add_argument(
        "--format",
        choices=FORMS,
        default=FORMS[0],
        help="the configuration's form: Terraform's JSON syntax (the default), HCL, or HCL with the JSON in json/",
    )
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="where; default dist")
    parser.add_argument(
        "--backend",
        choices=[backend.NONE, *backend.offered("")],
        help="the backend that the bundle names, without settings; default what the stack names, none if local",
    )
    parser.add_argument(
        "--import-from", type=Path, metavar="FILE", help="a JSON mapping of addresses to ids, for import blocks"
    )
    parser.add_argument(
        "--synth", action="store_true", help="run the app of cdktf.json first; it also runs when its output is missing"
    )
    parser.add_argument(
        "--from", dest="output", type=Path, default=Path("cdktf.out"), metavar="DIR", help="cdktf's; default cdktf.out"
    )
    parser.add_argument("--json", action="store_true", help="tell the result on standard output as JSON")
    parser.add_argument("--quiet", action="store_true", help="do not tell the steps on standard error")
    return parser


def _hand_over(asked: argparse.Namespace) -> list[dict[str, object]]:
    progress = Progress(quiet=asked.quiet)
    output = asked.output.resolve()
    project = Path.cwd()
    if asked.synth or synthesis.missing(output):
        with progress.step("synthesising the app"):
            synthesis.synthesise(project, output)
    synthesised = synthesis.read(output)
    chosen = synthesised.chosen(asked.stacks)
    if asked.import_from and len(chosen) != 1:
        raise UsageError(f"--import-from is for one stack; name it: {', '.join(chosen)}")
    for stack in chosen:
        folder.check(asked.out / stack)
    made = []
    for stack in chosen:
        target = asked.out / stack
        path = synthesised.stacks[stack]
        with progress.step(f"{stack}: reading the configuration"):
            read = configuration.read(path, (project, output, Path.home()))
            if asked.import_from:
                own = read.blocks.get("import", [])
                read = Configuration({**read.blocks, "import": [*own, *imports.read(asked.import_from, read)]})
        with progress.step(f"{stack}: composing the bundle"):
            contents = contents_of(
                Request(stack, read, asked.format, asked.backend, path.parent, synthesised.cdktf, PROJECT)
            )
        with progress.step(f"{stack}: writing and hashing {len(contents)} files"):
            folder.replace(target, contents)
        made.append(
            {
                "stack": stack,
                "folder": str(target),
                "format": asked.format,
                "files": len(contents) + 1,
                "sha256sums": manifest.digest(target / manifest.CHECKSUMS),
            }
        )
    return made


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Turn the signals that ask to stop into an exception, so that what was begun is cleared away."""

    def stop(number: int, _frame: FrameType | None) -> Never:
        raise InterruptionError(number)

    handled = {number: signal.signal(number, stop) for number in folder.SIGNALS}
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
