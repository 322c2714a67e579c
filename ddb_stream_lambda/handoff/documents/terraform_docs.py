"""The part of the README that terraform-docs writes, in the same form: ``terraform-docs`` has nothing to rewrite in it.

The form is that of ``markdown table`` of terraform-docs 0.24.0, with the settings below:
https://github.com/terraform-docs/terraform-docs/tree/v0.24.0/format/templates
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from ..facts.stack import StackFacts
from ..facts.variables import Output, Variable
from ..synthesized.configuration import Resource

FILE = ".terraform-docs.yml"
BEGIN = "<!-- BEGIN_TF_DOCS -->"
END = "<!-- END_TF_DOCS -->"
# The lock file is left out: it would change the providers' versions in the README with each `terraform init`.
SETTINGS = """\
# Settings of terraform-docs for this folder. Run: terraform-docs --output-check .
version: ">= 0.24.0"
formatter: markdown table
output:
  file: README.md
  mode: inject
settings:
  lockfile: false
"""
PAGE = "https://registry.terraform.io/providers/{source}/{version}/docs/{kind}/{name}"
SPACE = rb"[\t\n\f\r ]"
# https://github.com/mvdan/xurls recognizes the URLs; this is its rule for URLs with an authority.
URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[\w\-.~%!$&'()*+,;=:@/?#\[\]\\]*[\w\-~%$&+=@/#\\]")


def terraform_docs(facts: StackFacts) -> str:
    """Return the part of the README, with its markers."""
    sections = [
        _section("Requirements", ["Name", "Version"], _requirements(facts)),
        _section("Providers", ["Name", "Version"], _providers(facts)),
        _section("Modules", ["Name", "Source", "Version"], _modules(facts)),
        _section("Resources", ["Name", "Type"], _resources(facts)),
        _section("Inputs", ["Name", "Description", "Type", "Default", "Required"], _inputs(facts.variables)),
        _section("Outputs", ["Name", "Description"], _outputs(facts.outputs)),
    ]
    return "\n".join([BEGIN, "\n\n".join(sections), END])


def _section(title: str, heads: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return f"## {title}\n\nNo {title.lower()}."
    # The column "Required" is centered.
    rules = [":" + "-" * (len(head) - 2) + ":" if head == "Required" else "-" * len(head) for head in heads]
    return "\n".join([f"## {title}", "", f"| {' | '.join(heads)} |", f"| {' | '.join(rules)} |", *lines])


def _requirements(facts: StackFacts) -> Iterator[Sequence[str]]:
    yield anchor("requirement", "terraform"), facts.requirements.terraform
    for provider in facts.requirements.providers:
        yield anchor("requirement", provider.name), provider.version


def _providers(facts: StackFacts) -> Iterator[Sequence[str]]:
    versions = {provider.name: provider.version for provider in facts.requirements.providers}
    for name, alias in sorted({_provider_of(resource) for resource in _all_resources(facts)}):
        yield anchor("provider", f"{name}.{alias}" if alias else name), versions.get(name, "n/a")


def _modules(facts: StackFacts) -> Iterator[Sequence[str]]:
    for name, block in sorted(facts.configuration.blocks.get("module", {}).items()):
        source, version = str(block.get("source", "")), str(block.get("version") or "")
        before, reference, after = source.rpartition("?ref=")
        if not version and reference and after:
            source, version = before, after
        yield anchor("module", name), source, version or "n/a"


def _resources(facts: StackFacts) -> Iterator[Sequence[str]]:
    sources = {provider.name: provider.source for provider in facts.requirements.providers}
    constraints = {provider.name: provider.version for provider in facts.requirements.providers}

    def specification(resource: Resource) -> str:
        return f"{_provider_of(resource)[0]}_{_type_in_provider(resource)}.{resource.name}"

    for resource in sorted(_all_resources(facts), key=lambda entry: (entry.is_data, specification(entry))):
        provider = _provider_of(resource)[0]
        source = sources.get(provider, f"hashicorp/{provider}")
        text = specification(resource)
        # A source with a host has no page in the public registry.
        if source.count("/") == 1:
            version = _exact_version(constraints.get(provider, ""))
            text = f"[{text}]({page_of(resource, source=source, version=version)})"
        yield text, "data source" if resource.is_data else "resource"


def page_of(resource: Resource, *, source: str, version: str) -> str:
    """Return the address of a type's documentation in the registry.

    Args:
        resource: the resource or data source.
        source: the provider's source, such as ``hashicorp/aws``.
        version: the provider's version, or ``latest``.
    """
    kind = "data-sources" if resource.is_data else "resources"
    return PAGE.format(source=source, version=version, kind=kind, name=_type_in_provider(resource))


def _exact_version(constraint: str) -> str:
    exact = re.fullmatch(r"=? ?(\d[^ ]*)", constraint)
    return exact[1] if exact else "latest"


def _inputs(variables: Sequence[Variable]) -> Iterator[Sequence[str]]:
    for variable in sorted(variables, key=lambda entry: entry.name):
        value = "" if variable.is_required else go_json(variable.default)
        yield (
            anchor("input", variable.name),
            cell(variable.description.replace("\r\n", "\n")),
            cell(_code(variable.type or _type_of(variable.default))),
            cell(_code(value)) if value else "n/a",
            "yes" if variable.is_required else "no",
        )


def _outputs(outputs: Sequence[Output]) -> Iterator[Sequence[str]]:
    for output in sorted(outputs, key=lambda entry: entry.name):
        yield anchor("output", output.name), cell(output.description.replace("\r\n", "\n"))


def anchor(kind: str, name: str) -> str:
    """Return an anchor with a link to itself.

    Args:
        kind: the kind of entry, such as ``input``.
        name: the name of the entry.
    """
    anchor_name = f"{kind}_{name}"
    return f'<a name="{anchor_name}"></a> [{_escape_name(name)}](#{_escape_name(anchor_name)})'


def cell(text: str) -> str:
    """Return text as terraform-docs writes it in the cell of a table."""
    if not text:
        return "n/a"

    def prose(segment: str) -> str:
        segment = _by_segment(segment, "`", lambda part: part.replace("|", "\\|"), lambda part: f"`{part}`")
        segment = _by_segment(segment, "`", _escape_underscores, lambda part: f"`{part}`")
        return _unescape_urls(_join_lines(segment))

    def fenced(segment: str) -> str:
        return f"<pre>{segment.strip()}</pre>".replace("\n", "<br/>").replace("\r", "")

    return _by_segment(text, "```", prose, fenced)


def go_json(value: Any) -> str:
    """Return a value in JSON as Go writes it: two spaces, sorted keys, and numbers as floating-point numbers."""
    if isinstance(value, dict):
        return _go_block("{}", [f"{_go_string(key)}: {go_json(value[key])}" for key in sorted(value)])
    if isinstance(value, list):
        return _go_block("[]", list(map(go_json, value)))
    if isinstance(value, str):
        return _go_string(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _go_number(float(value))
    return json.dumps(value)


def _go_block(brackets: str, items: list[str]) -> str:
    if not items:
        return brackets
    indented = ",\n".join(items).replace("\n", "\n  ")
    return f"{brackets[0]}\n  {indented}\n{brackets[1]}"


def _go_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _go_number(value: float) -> str:
    # https://pkg.go.dev/encoding/json#Marshal: an exponent only below 1e-6 and from 1e21.
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits, _, exponent = repr(value).partition("e")
    return f"{digits.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"


def _code(text: str) -> str:
    return f"\n\n```\n{text}\n```\n" if "\n" in text else f"`{text}`"


def _type_of(default: Any) -> str:
    """Return the type of a variable without one, which comes from its default."""
    if isinstance(default, bool):
        return "bool"
    for python_type, name in ((str, "string"), ((int, float), "number"), (list, "list"), (dict, "map")):
        if isinstance(default, python_type):
            return name
    return "any"


def _all_resources(facts: StackFacts) -> list[Resource]:
    return [described.resource for described in [*facts.resources, *facts.data_sources]]


def _provider_of(resource: Resource) -> tuple[str, str]:
    """Return the name and the alias of a resource's provider."""
    given = str(resource.arguments.get("provider") or resource.type.split("_")[0])
    name, _, alias = given.removeprefix("${").removesuffix("}").partition(".")
    return name, alias


def _type_in_provider(resource: Resource) -> str:
    return resource.type.removeprefix(f"{_provider_of(resource)[0]}_")


def _escape_name(name: str) -> str:
    return name.replace("_", "\\_")


def _by_segment(text: str, fence: str, prose: Callable[[str], str], code: Callable[[str], str]) -> str:
    """Change the segments between the fences in turn. Empty segments are left out, and do not end a code block."""
    is_code = text.startswith(fence)
    changed = []
    for segment in text.split(fence):
        if segment:
            changed.append(code(segment) if is_code else prose(segment))
            is_code = not is_code
    return "".join(changed)


def _join_lines(text: str) -> str:
    text = text.strip()
    text = re.sub(r"(\S*)(\r?\n)(\s*)(\w+)", r"\1  \2\3\4", text, flags=re.ASCII)
    for before, after in (
        ("    \n", "  \n"),
        ("  \n\n", "\n\n"),
        ("\n  \n", "\n\n"),
        ("  \n", "<br/>"),
        ("\n", "<br/>"),
    ):
        text = text.replace(before, after)
    return text


def _escape_underscores(text: str) -> str:
    return "\n".join(map(_escape_line, text.split("\n")))


def _escape_line(text: str) -> str:
    """Escape the underscores of a line, except for those that emphasize words.

    terraform-docs replaces at byte positions of the line before any replacement, also after the first one.
    """
    line, kept = text.encode(), "‡‡‡DONTESCAPE‡‡‡".encode()
    first = rb"^(%s*)(_+)(%s+)(.*)" % (SPACE, SPACE)
    emphasis = rb"(%s+)(_+)([^\t\n\f\r _])(.*)([^\t\n\f\r _])(_+)(%s+)" % (SPACE, SPACE)
    for pattern, groups in ((first, (2,)), (emphasis, (6, 2))):
        for match in list(re.finditer(pattern, line)):
            for group in groups:
                start, end = match.span(group)
                line = line[:start] + match[group].replace(b"_", kept) + line[end:]
    return line.replace(b"_", b"\\_").replace(kept, b"_").decode(errors="replace")


def _unescape_urls(text: str) -> str:
    for url in URL.findall(text):
        text = text.replace(url, url.replace("\\", ""))
    return text
