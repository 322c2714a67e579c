"""The imports of the hand-off's modules: only the standard library and the hand-off, and only layers below."""

import ast
import sys
from pathlib import Path

import pytest

from .support import ROOT

PACKAGE = "ddb_stream_lambda"
HANDOFF = f"{PACKAGE}.handoff"
# Every module and folder of the hand-off, from the top. Each imports only from layers below its own, and a module of a
# folder also imports from its folder.
LAYERS = [
    {"command"},
    {"bundle", "folder"},
    {"terraform", "documents"},
    {"facts", "imports"},
    {"synthesized"},
    {"checksums"},
    {"errors", "progress", "formats", "filenames"},
]


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted((ROOT / PACKAGE / "handoff").rglob("*.py"))}
PROGRAM = {f"{PACKAGE}.{name}": ROOT / PACKAGE / f"{name}.py" for name in ("cli", "__main__")}


def imports_of(name: str, path: Path) -> set[str]:
    """The names of the modules that a module imports anywhere in its code."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *(node.module.split(".") if node.module else [])])
            # `from package import module` imports the module.
            found |= {f"{source}.{a.name}" if f"{source}.{a.name}" in MODULES else source for a in node.names}
    return found


def layer_of(module: str) -> int:
    part = module.removeprefix(f"{HANDOFF}.").split(".")[0]
    (layer,) = (index for index, parts in enumerate(LAYERS) if part in parts)
    return layer


@pytest.mark.parametrize("name", MODULES)
def test_module_imports_only_the_standard_library_and_layers_below(name: str) -> None:
    for imported in imports_of(name, MODULES[name]):
        if imported.split(".")[0] in sys.stdlib_module_names:
            continue
        assert imported.startswith(f"{HANDOFF}."), f"{name} imports {imported}"
        same_folder = name.count(".") > 2 and imported.split(".")[2] == name.split(".")[2]
        assert same_folder or layer_of(name) < layer_of(imported), f"{name} imports {imported}"


COMMANDS = {
    f"{PACKAGE}.cli",
    f"{HANDOFF}.command",
    f"{HANDOFF}.errors",
    f"{PACKAGE}.operations.backfilling",
    f"{PACKAGE}.operations.errors",
    f"{PACKAGE}.operations.redriving",
}


@pytest.mark.parametrize("name", PROGRAM)
def test_program_imports_only_the_standard_library_commands_and_their_errors(name: str) -> None:
    for imported in imports_of(name, PROGRAM[name]):
        is_command = imported in COMMANDS
        assert is_command or imported.split(".")[0] in sys.stdlib_module_names, f"{name} imports {imported}"
