"""The files and folders that a configuration names: in arguments, in functions such as ``file``, and as modules.

Three rules decide about a name:

- A name that is known before a run must exist in the stack's folder.
- A name that starts with a known folder may continue with an expression. Then the folder must exist.
- A name that only Terraform resolves is reported, unless Terraform itself produces the file: an attribute of a
  resource, a data source or a module.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import templates
from .expressions import (
    Call,
    Scope,
    calls_of,
    known_parts,
    known_parts_of_expression,
    string_literals,
    without_comments,
)
from .machine_paths import ABSOLUTE_PATH
from .strings import PlacedString, strings_of
from .terraform_json import as_list

ROOT = "."
# Functions whose first argument names a file that must exist.
FILE_FUNCTIONS = frozenset(
    {
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "filemd5",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
    }
)
# Functions with which an expression handles a missing file.
GUARDS = frozenset({"can", "fileexists", "try"})
PATH_FUNCTIONS = FILE_FUNCTIONS | {"fileexists", "fileset", "pathexpand"}
# Arguments that name a file or folder to read, by the type of their block and the type of the resource.
INPUT_ARGUMENTS = frozenset(
    {
        ("data", "archive_file", "source_dir"),
        ("data", "archive_file", "source_file"),
        ("data", "local_file", "filename"),
        ("data", "local_sensitive_file", "filename"),
        ("resource", "archive_file", "source_dir"),
        ("resource", "archive_file", "source_file"),
        ("resource", "aws_gamelift_script", "zip_file"),
        ("resource", "aws_lambda_function", "filename"),
        ("resource", "aws_lambda_layer_version", "filename"),
        ("resource", "aws_s3_bucket_object", "source"),
        ("resource", "aws_s3_object", "source"),
        ("resource", "aws_synthetics_canary", "zip_file"),
        ("resource", "azurerm_storage_blob", "source"),
        ("resource", "google_storage_bucket_object", "source"),
        ("resource", "local_file", "source"),
        ("resource", "local_sensitive_file", "source"),
    }
)
PROVISIONER_ARGUMENTS = frozenset({("file", "source"), ("local-exec", "working_dir")})
# Arguments that name a file to write.
OUTPUT_ARGUMENTS = frozenset(
    {
        ("data", "archive_file", "output_path"),
        ("resource", "archive_file", "output_path"),
        ("resource", "local_file", "filename"),
        ("resource", "local_sensitive_file", "filename"),
    }
)
LOCAL_SOURCE = re.compile(r"\.{1,2}[/\\]|\.{1,2}$")
MODULE_SOURCE = re.compile(
    r'''^[ \t]*module\s+"[^"]*"\s*\{(?:[^{}"]|"[^"]*"|\{[^{}]*\})*?\bsource\s*=\s*"(\.{1,2}(?:/[^"]*)?)"''',
    re.MULTILINE,
)
# The path of an asset of cdktf or of this package: the construct and the hash of the content.
ASSET = re.compile(
    r"""(?<![\w./-])(?:\./)?(assets/[^\s/"'`$]+/(?:[0-9A-F]{32}|[0-9a-f]{64})[^\s/"'`$;:,()<>|&*?]*)(/[^\s"'`$]*)?"""
)
# Paths relative to the folder in the middle of a text, such as a command.
RELATIVE_PATH = re.compile(r"(?<![\w./~}-])\.{1,2}/[\w./-]+")
PATH_OF_MODULE = re.compile(r"\$\{\s*path\.(module|root|cwd)\s*\}(/[\w./-]+)")
GLOB = re.compile(r"[*?\[{\\]")
# Attributes of these are known to Terraform, which creates or reads the object first.
PRODUCED = re.compile(r"(?!(?:var|local|path|each|count|self|terraform)\.)[A-Za-z][\w-]*\.[\w.\[\]\"*-]+")


@dataclass(frozen=True)
class FileReference:
    """A file or folder that a configuration names.

    Attributes:
        address: the place that names it.
        path: its path relative to the stack's folder, or an absolute path.
        must_exist: whether the bundle is not complete without it.
        is_listed: whether the configuration lists the content of the folder.
        is_module: whether it is the folder of a module.
    """

    address: str
    path: str
    must_exist: bool = True
    is_listed: bool = False
    is_module: bool = False


@dataclass(frozen=True)
class UnresolvedReference:
    """A name of a file that only Terraform resolves.

    Attributes:
        address: the place of the name.
        expression: the expression or template.
    """

    address: str
    expression: str


Reference = FileReference | UnresolvedReference


def references_of(blocks: Mapping[str, Any], module: str = ROOT, prefix: str = "") -> Iterator[Reference]:
    """Yield what a configuration in Terraform's JSON syntax names.

    Args:
        blocks: the configuration.
        module: the folder of the configuration, relative to the stack's folder.
        prefix: the text before each address.
    """
    local_values = {
        name: value
        for values in as_list(blocks.get("locals", {}))
        if isinstance(values, Mapping)
        for name, value in values.items()
        if isinstance(value, str)
    }
    scope = Scope(module, local_values)
    for string in strings_of(blocks):
        address = prefix + string.address
        if string.keys[0] == "module" and string.argument == "source" and len(string.keys) == 3:
            if LOCAL_SOURCE.match(string.text):
                yield FileReference(address, _joined(module, string.text), is_module=True)
            continue
        yield from _references_of_string(string, address, scope)


def references_of_hcl(text: str, module: str, address: str) -> Iterator[Reference]:
    """Yield what a module's file in HCL names.

    Args:
        text: the file's text.
        module: the folder of the file, relative to the stack's folder.
        address: the file's name, for messages.
    """
    code, heredocs = without_comments(text)
    scope = Scope(module, {})
    for match in MODULE_SOURCE.finditer(code):
        yield FileReference(f"{address}: source", _joined(module, match[1]), is_module=True)
    calls = [*calls_of(code)]
    for heredoc in heredocs:
        for expression in templates.expressions_of(heredoc):
            calls += calls_of(expression)
    yield from _references_of_calls(calls, address, scope)
    for literal in string_literals(code):
        if literal.startswith("${path."):
            yield from _optional_paths(literal, address, scope)


def _references_of_string(string: PlacedString, address: str, scope: Scope) -> Iterator[Reference]:
    text = string.text
    expressions = templates.expressions_of(text)
    yield from _references_of_calls(
        [call for expression in expressions for call in calls_of(expression)], address, scope
    )
    for expression in expressions:
        for literal in string_literals(expression):
            yield from _assets_in(literal, address)
    if _is_input(string):
        yield from _named(known_parts(text, scope), text, address)
    elif not _is_output(string):
        yield from _assets_in(text, address)
        if text.startswith("${path.") and not re.search(r"\s", templates_without_spaces(text)):
            yield from _named(known_parts(text, scope), text, address)
        else:
            yield from _optional_paths(text, address, scope)


def templates_without_spaces(text: str) -> str:
    """Return a template's literal text, without its sequences."""
    return "".join(part.text for part in templates.parts_of(text) if isinstance(part, templates.LiteralText))


def _references_of_calls(calls: Sequence[Call], address: str, scope: Scope) -> Iterator[Reference]:
    is_guarded = any(call.function in GUARDS for call in calls)
    for call in calls:
        yield from _references_of_call(call, address, scope, must_exist=not is_guarded)


def _references_of_call(call: Call, address: str, scope: Scope, *, must_exist: bool) -> Iterator[Reference]:
    if call.function not in PATH_FUNCTIONS or not call.arguments:
        return
    name = call.arguments[0]
    parts = known_parts_of_expression(name, scope)
    if call.function == "fileset":
        pattern = known_parts_of_expression(call.arguments[1] if len(call.arguments) > 1 else "", scope)
        parts = [*(parts or [ROOT]), "/", *_before_wildcard(pattern)]
        yield from _named(parts, name, address, is_listed=True)
    elif call.function == "pathexpand":
        if parts and parts[0] is not None and ABSOLUTE_PATH.match(parts[0]):
            yield FileReference(address, _known_start(parts)[0])
    else:
        yield from _named(parts, name, address, must_exist=must_exist)


def _before_wildcard(pattern: list[str | None]) -> list[str | None]:
    """Return the parts of a pattern up to its first wildcard. The rest of the pattern is unknown."""
    before: list[str | None] = []
    for part in pattern:
        wildcard = None if part is None else GLOB.search(part)
        if part is None or wildcard:
            return [*before, part[: wildcard.start()] if part and wildcard else "", None]
        before.append(part)
    # The pattern names one file. The folder is what is listed.
    text = "".join(part or "" for part in before)
    return [posixpath.dirname(text) + "/" if "/" in text else "", None]


def _named(
    parts: list[str | None], expression: str, address: str, *, must_exist: bool = True, is_listed: bool = False
) -> Iterator[Reference]:
    start, is_complete = _known_start(parts)
    if is_complete:
        if start:
            yield FileReference(address, _normalized(start), must_exist=must_exist, is_listed=is_listed)
    elif start:
        folder = _normalized(posixpath.dirname(start) or ROOT)
        if folder != ROOT or is_listed:
            yield FileReference(address, folder, is_listed=is_listed)
        else:
            yield UnresolvedReference(address, expression)
    elif not _is_produced(expression):
        yield UnresolvedReference(address, expression)


def _known_start(parts: list[str | None]) -> tuple[str, bool]:
    """Return the text before the first unknown part, and whether there is no unknown part."""
    known: list[str] = []
    for part in parts:
        if part is None:
            return "".join(known), False
        known.append(part)
    return "".join(known), True


def _is_produced(expression: str) -> bool:
    sole = templates.sole_expression(expression)
    return bool(PRODUCED.fullmatch((sole if sole is not None else expression).strip()))


def _assets_in(text: str, address: str) -> Iterator[FileReference]:
    """Yield the assets that a text names anywhere. A path that is the whole text must exist, or else its folder."""
    if match := ASSET.fullmatch(text):
        yield FileReference(address, _normalized(match[1] + (match[2] or "")))
        return
    for match in ASSET.finditer(text):
        yield FileReference(address, _normalized(match[1].rstrip(".")))


def _optional_paths(text: str, address: str, scope: Scope) -> Iterator[FileReference]:
    """Yield the relative paths in a text. They may name files that are created later, so they need not exist."""
    for match in RELATIVE_PATH.finditer(text):
        path = posixpath.normpath(match[0])
        if not path.startswith(".."):
            yield FileReference(address, path, must_exist=False)
    for match in PATH_OF_MODULE.finditer(text):
        base = scope.module if match[1] == "module" else ROOT
        yield FileReference(address, _joined(base, match[2].lstrip("/")), must_exist=False)


def _is_input(string: PlacedString) -> bool:
    keys = string.keys
    if len(keys) >= 3 and keys[0] == "resource" and "provisioner" in keys:
        return keys[-2:] in PROVISIONER_ARGUMENTS
    return len(keys) == 4 and (keys[0], keys[1], keys[3]) in INPUT_ARGUMENTS


def _is_output(string: PlacedString) -> bool:
    keys = string.keys
    return len(keys) == 4 and (keys[0], keys[1], keys[3]) in OUTPUT_ARGUMENTS


def _joined(folder: str, path: str) -> str:
    return _normalized(posixpath.join(folder, path.replace("\\", "/")))


def _normalized(path: str) -> str:
    return path if ABSOLUTE_PATH.match(path) else posixpath.normpath(path)
