"""The layers of the package: imports go down only, and only `_engine` uses the internals of jsii, node and cdktf."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support.calls import ROOT

PACKAGE = ROOT / "ddb_stream_lambda"
GROUND = {"errors", "limits"}
# Part of the package -> the other parts that it may import.
LAYERS: dict[str, set[str]] = {
    "__main__": {"cli"},
    "cli": {"handoff", "operations"},
    "handoff": {"errors"},
    "operations": set(),  # it is also packed into a function, without the rest of the package
    "backfill": {"pattern", "resources", "arguments", "_engine", *GROUND},
    "pattern": {"resources", "arguments", "code", "_engine", *GROUND},
    "resources": {"arguments", "code", "_engine", *GROUND},
    "arguments": {"code", "_engine", *GROUND},
    "code": {"_engine", *GROUND},
    "_engine": {*GROUND},
    "errors": set(),
    "limits": set(),
}
# Text that occurs only in code that depends on the internals of jsii and cdktf.
INTERNAL_TEXT = ("__jsii", "InterfaceDynamicProxy", "TfToken[")


def name_of(path: Path) -> str:
    """Return a module's dotted name in the package; that of a folder for its ``__init__``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}


def imports_of(name: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports anywhere in its code."""
    folder = MODULES[name].parent.relative_to(PACKAGE).parts
    for node in ast.walk(TREES[name]):
        match node:
            case ast.ImportFrom(level=0, module=module):
                assert (module or "").split(".")[0] != PACKAGE.name, f"{name}: use a relative import"
            case ast.ImportFrom(level=level):
                base = [*folder[: len(folder) - level + 1], *(node.module or "").split(".")]
                for alias in node.names:
                    imported = ".".join(part for part in [*base, alias.name] if part)
                    yield imported if imported in MODULES else imported.rpartition(".")[0]


IMPORTS = {name: set(imports_of(name)) for name in MODULES}


def part_of(module: str) -> str:
    return module.split(".")[0]


def test_every_part_of_the_package_has_a_layer() -> None:
    assert {part_of(module) for module in MODULES} - {"__init__"} == LAYERS.keys()


@pytest.mark.parametrize("part", LAYERS)
def test_a_part_imports_only_the_parts_below_it(part: str) -> None:
    imported = {part_of(module) for name in MODULES if part_of(name) == part for module in IMPORTS[name]}
    assert imported - {part} <= LAYERS[part]


def test_no_modules_import_each_other_in_a_cycle() -> None:
    assert IMPORTS["resources.table"] >= {"resources.kms_keys", "arguments.checks", "limits"}
    TopologicalSorter(IMPORTS).prepare()  # raises CycleError


@pytest.mark.parametrize("name", [name for name in MODULES if part_of(name) != "_engine"])
def test_only_the_engine_package_uses_internals(name: str) -> None:
    for node in ast.walk(TREES[name]):
        match node:
            case ast.Import():
                assert "jsii" not in {part_of(alias.name) for alias in node.names}
            case ast.ImportFrom():
                assert part_of(node.module or "") != "jsii"
            case ast.Attribute(attr=attribute, value=ast.Name(id=owner)):
                assert (owner, attribute) != ("sys", "modules")
                assert attribute != "_values"
            case ast.Constant(value=str(text)):
                assert text != "_values"
                assert not any(internal in text for internal in INTERNAL_TEXT)


def test_only_the_engine_package_and_the_parser_of_the_hand_off_hold_javascript() -> None:
    assert {path.parent.name for path in PACKAGE.rglob("*.js")} == {"_engine", "terraform"}
