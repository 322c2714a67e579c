"""Write the same project for cdktn, the maintained fork of cdktf: ``python tools/rename_to_cdktn.py build/cdktn``.

The folder then holds a copy of the project's files, with the imports and the names of packages of cdktn. It is the
source of the distribution ``ddb-stream-lambda-cdktn``, and the tests of that distribution run there.

Two kinds of text stay: the words that the fork kept, such as ``cdktf.json`` (`KEPT`), and a line that names both tools,
since it is about both.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import tomlkit

ROOT = Path(__file__).parent.parent
# Names that differ in more than one letter.
RENAMED = {
    "cdktf_cdktf_provider_": "cdktn_provider_",
    "cdktf-cdktf-provider-": "cdktn-provider-",
    "CDK for Terraform": "CDK Terrain",
    'DISTRIBUTION = "ddb-stream-lambda"': 'DISTRIBUTION = "ddb-stream-lambda-cdktn"',
}
# Words of cdktf that its fork did not rename: metadata, files, environment variables, attributes and context keys.
KEPT = re.compile(
    r"""
    https?://[^\s)>"'`]*                  # a page about cdktf
    | @cdktf/(?:warn|info|error|core|disable_stack_trace_in_metadata)\b
    | \bcdktf\.(?:out|outdir|json)\b
    | \bcdktf-module-asset\b
    | __cdktf_module_asset
    | \b(?:fake_)?cdktf_(?:stack|version|json_path)\b
    | \bcdktf(?:Stack|Version|RelativeModules|StaticModuleAssetHash)\b
    """,
    re.VERBOSE,
)
NAME = re.compile(r"(?<![A-Za-z])(?:cdktf(?![A-Za-z])|CDKTF(?![A-Za-z_]))")
ABOUT_BOTH = re.compile(r"cdktn", re.IGNORECASE)
# The table of pyproject.toml that describes the second distribution.
SETTINGS = "rename-to-cdktn"
PROPS = "ddb_stream_lambda/arguments/_generated.py"
CDKTN_PROPS = "tools/cdktn/_generated.py"
# Files that hold versions of the tool, of the bindings and of the provider.
VERSIONED = re.compile(r"ddb_stream_lambda/_engine/__init__\.py|tests/golden/(?:handoff/)?.*\.(?:json|md|tf|yml|hcl)")
# Files that are not Python, but name the tool: the engine's hook, and the golden files.
RENAMED_FILES = re.compile(r".*\.py|ddb_stream_lambda/.*\.js|tests/golden/.*|cdktf\.json")
# Folders and files that a distribution or the tests of the renamed project do not need.
LEFT_OUT = re.compile(r"\.github/|\.ci/|benchmarks/|package(-lock)?\.json$|requirements.*\.txt$|Makefile$|mkdocs\.yml$")


def rename(text: str, versions: Mapping[str, str] | None = None) -> str:
    """Return a text with the names of cdktn.

    Args:
        text: the text. A line that names cdktn stays, since it is about both tools.
        versions: each version to replace, and its replacement.
    """
    words = RENAMED | dict(versions or {})
    lines = text.splitlines(keepends=True)
    return "".join(line if ABOUT_BOTH.search(line) else _rename_line(line, words) for line in lines)


def _rename_line(line: str, words: Mapping[str, str]) -> str:
    parts: list[str] = []
    end = 0
    for kept in KEPT.finditer(line):
        parts += [_rename_words(line[end : kept.start()], words), kept[0]]
        end = kept.end()
    return "".join([*parts, _rename_words(line[end:], words)])


def _rename_words(text: str, words: Mapping[str, str]) -> str:
    for word, renamed in words.items():
        text = text.replace(word, renamed)
    return NAME.sub(lambda name: "cdktn" if name[0].islower() else "CDKTN", text)


def rename_project(text: str) -> str:
    """Return pyproject.toml for the second distribution: the table `tool.rename-to-cdktn` is applied to it."""
    document = tomlkit.parse(text)
    settings = document["tool"].pop(SETTINGS)
    document["project"].update(settings["project"])
    return tomlkit.dumps(document)


def write_project(target: Path) -> None:
    """Write the renamed project into a folder. What the folder held before is removed."""
    versions = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][SETTINGS]["versions"]
    shutil.rmtree(target, ignore_errors=True)
    for name in _files():
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if name == "pyproject.toml":
            copy.write_text(rename_project(source.read_text()))
        elif name == PROPS:
            copy.write_text((ROOT / CDKTN_PROPS).read_text())
        elif RENAMED_FILES.fullmatch(name) and not _is_binary(source):
            copy.write_text(rename(source.read_text(), versions if VERSIONED.fullmatch(name) else None))
            shutil.copymode(source, copy)
        else:
            shutil.copy(source, copy, follow_symlinks=False)


def _files() -> Iterator[str]:
    """Yield the project's files, as git lists them: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in sorted(set(listed.split("\0")) - {""}):
        if (ROOT / name).exists() and not LEFT_OUT.match(name):
            yield name


def _is_binary(path: Path) -> bool:
    return b"\0" in path.read_bytes()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="the folder to write")
    write_project(parser.parse_args(arguments).target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
