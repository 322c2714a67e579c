"""Write the same project for cdktn, the maintained fork of cdktf: ``python tools/rename_to_cdktn.py build/cdktn``.

The folder then holds a copy of the project's files, with the imports and the names of packages of cdktn. It is the
source of the distribution ``ddb-stream-lambda-cdktn``, and the tests of that distribution run there.

Two kinds of text stay: the words that the fork kept, such as ``cdktf.json`` (`KEPT`), and a line that names both tools,
since it is about both.
"""

from __future__ import annotations

import argparse
import hashlib
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
GOLDEN = "tests/golden/"
CHECKSUMS = "SHA256SUMS"
# Files besides the golden ones that hold versions of the tool, of the bindings and of the provider.
VERSIONED = {"ddb_stream_lambda/_engine/__init__.py", "tests/handoff/test_bundle.py"}
# Files whose names of the tool change: code, and the engine's hook.
RENAMED_FILES = re.compile(r".*\.py|ddb_stream_lambda/.*\.js|cdktf\.json")
# Golden files, except those with the checksums of the others. cdktn's bindings write the provider's whole address.
GOLDEN_FILES = re.compile(rf"{GOLDEN}.*\.(?:json|md|tf)")
GOLDEN_WORDS = {'"source": "aws"': '"source": "hashicorp/aws"'}
# Files that have another source: path -> path of the source.
REPLACED = {
    PROPS: CDKTN_PROPS,
    "requirements.txt": "requirements-cdktn.txt",
}
# Folders and files that a distribution or the tests of the renamed project do not need.
LEFT_OUT = re.compile(
    r"\.github/|\.ci/|benchmarks/|package(-lock)?\.json$|requirements-.*\.txt$|Makefile$|mkdocs\.yml$"
)
# Tests about this repository: its documentation, tools and distributions, and the deployment of its example app.
TESTS_OF_REPOSITORY = re.compile(
    r"tests/e2e/test_.*|tests/tools/(?:demo/)?test_.*|tests/test_(?:documentation|migration|package)\.py"
)
# Tests of parts that do not use the tool. Their results cannot differ, so a file that does not name it is left out.
TESTS_WITHOUT_TOOL = re.compile(r"tests/(?:(?:code|engines)/test_|(?:function|operations)/).*")


def rename(text: str) -> str:
    """Return a text with the names of cdktn. A line that names cdktn stays, since it is about both tools."""
    lines = text.splitlines(keepends=True)
    return "".join(line if ABOUT_BOTH.search(line) else _rename_line(line) for line in lines)


def _rename_line(line: str) -> str:
    parts: list[str] = []
    end = 0
    for kept in KEPT.finditer(line):
        parts += [_rename_words(line[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*parts, _rename_words(line[end:])])


def _rename_words(text: str) -> str:
    text = _replace(text, RENAMED)
    return NAME.sub(lambda name: "cdktn" if name[0].islower() else "CDKTN", text)


def _replace(text: str, words: Mapping[str, str]) -> str:
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    return text


def replace_versions(text: str, versions: Mapping[str, str]) -> str:
    """Return a text with other versions.

    Args:
        text: the text.
        versions: each version to replace, and its replacement. A longer number that contains the version stays.
    """
    for version, replacement in versions.items():
        text = re.sub(rf"(?<![\d.]){re.escape(version)}(?!\.?\d)", replacement, text)
    return text


def rename_golden(text: str, versions: Mapping[str, str]) -> str:
    """Return a golden file of cdktn: it differs in versions, the provider's address, and the manifest's packages."""
    return rename(_replace(replace_versions(text, versions), GOLDEN_WORDS))


def rename_project(text: str) -> str:
    """Return pyproject.toml for the second distribution: the table `tool.rename-to-cdktn` is applied to it."""
    document = tomlkit.parse(text)
    settings = document["tool"].pop(SETTINGS)
    document["project"].update(settings["project"])
    return rename(tomlkit.dumps(document))


def write_project(target: Path) -> None:
    """Write the renamed project into a folder. What the folder held before is removed."""
    versions = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][SETTINGS]["versions"]
    shutil.rmtree(target, ignore_errors=True)
    for name in _files():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / REPLACED.get(name, name)
        if name == "pyproject.toml":
            copy.write_text(rename_project(source.read_text()))
        elif GOLDEN_FILES.fullmatch(name):
            copy.write_text(rename_golden(source.read_text(), versions))
        elif RENAMED_FILES.fullmatch(name) and name not in REPLACED:
            text = rename(source.read_text())
            copy.write_text(replace_versions(text, versions) if name in VERSIONED else text)
            shutil.copymode(source, copy)
        else:
            shutil.copy(source, copy, follow_symlinks=False)
    for checksums in target.glob(f"{GOLDEN}**/{CHECKSUMS}"):
        checksums.write_text(_with_new_sums(checksums))


def _with_new_sums(checksums: Path) -> str:
    """Return the lines of a file of checksums. Archives are not among the golden files, so their sums stay."""
    lines = []
    for line in checksums.read_text().splitlines():
        _, name = line.split("  ", 1)
        file = checksums.parent / name
        lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {name}" if file.exists() else line)
    return "".join(f"{line}\n" for line in lines)


def _files() -> Iterator[str]:
    """Yield the files that the renamed project has, as git lists them: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in sorted(set(listed.split("\0")) - {""}):
        if (ROOT / name).exists() and not is_left_out(name):
            yield name


def is_left_out(name: str) -> bool:
    """Return whether the renamed project does not have the file."""
    if TESTS_WITHOUT_TOOL.fullmatch(name):
        return not NAME.search((ROOT / name).read_text())
    return bool(LEFT_OUT.match(name) or TESTS_OF_REPOSITORY.fullmatch(name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="the folder to write")
    write_project(parser.parse_args(arguments).target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
