"""The files that a configuration needs: the assets of cdktf, local modules, and other files that it names."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigurationError
from ..filenames import to_name, to_path
from .configuration import Configuration
from .file_references import ROOT, FileReference, UnresolvedReference, references_of, references_of_hcl
from .machine_paths import ABSOLUTE_PATH, MachineFolders, paths_in
from .terraform_json import read_json

# The folder that cdktf copies assets to.
FOLDER = "assets"
HCL_SUFFIX, JSON_SUFFIX = ".tf", ".tf.json"
MAIN_FILE = "cdk.tf.json"
ADVICE = "synthesize the stack again, or give the file to cdktf as a TerraformAsset"


@dataclass(frozen=True)
class Assets:
    """The files and folders that go along with a configuration.

    Attributes:
        files: the file to copy by its path in the bundle. A folder is an empty folder.
        modules: the folders of the local modules.
        unresolved: the names of files that only Terraform resolves, as ``address: expression``.
    """

    files: Mapping[str, Path] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


def collect_assets(configuration: Configuration, stack_folder: Path, folders: MachineFolders | None = None) -> Assets:
    """Collect everything that cdktf put under ``assets/``, every local module, and every other file that is named.

    Args:
        configuration: the stack's configuration.
        stack_folder: the folder that its paths are relative to.
        folders: the folders of this machine, which no module may name.

    Raises:
        ConfigurationError: naming everything that is missing, is outside the folder or cannot be copied.
    """
    collection = _Collection(stack_folder, folders or MachineFolders())
    collection.add_other_configuration()
    if os.path.lexists(stack_folder / FOLDER):
        collection.add(FOLDER, FOLDER)
    collection.follow(references_of(configuration.blocks))
    if collection.mistakes:
        raise ConfigurationError(
            "the bundle would not be complete:\n  " + "\n  ".join(dict.fromkeys(collection.mistakes))
        )
    return Assets(
        dict(sorted(collection.files.items())), tuple(sorted(collection.modules)), tuple(sorted(collection.unresolved))
    )


class _Collection:
    def __init__(self, stack_folder: Path, folders: MachineFolders) -> None:
        self.files: dict[str, Path] = {}
        self.modules: set[str] = set()
        self.unresolved: set[str] = set()
        self.mistakes: list[str] = []
        self._root = stack_folder
        self._real_root = Path(os.path.realpath(stack_folder))
        self._folders = folders
        self._complete_folders: set[str] = set()
        self._files_of_modules_read: set[str] = set()

    def add_other_configuration(self) -> None:
        """Report configuration next to cdktf's, which Terraform reads too."""
        for name in _names(self._root):
            if name.endswith((HCL_SUFFIX, JSON_SUFFIX)) and name != MAIN_FILE:
                self.mistakes.append(
                    f"{name}: Terraform reads this file in the stack's folder, but cdktf did not write it"
                )

    def follow(self, references: Iterable[FileReference | UnresolvedReference]) -> None:
        """Add what references name, and what the modules among them name."""
        for reference in references:
            if isinstance(reference, UnresolvedReference):
                self.unresolved.add(f"{reference.address}: {reference.expression}")
            elif self._is_usable(reference):
                self.add(reference.path, reference.address)
                if reference.is_module:
                    self.modules.add(reference.path)
                    self._follow_module(reference)

    def add(self, path: str, address: str) -> None:
        """Add a file, or a folder with everything in it."""
        if any(path == folder or path.startswith(f"{folder}/") for folder in self._complete_folders):
            return
        source = self._root / to_path(path)
        if source.is_dir():
            self._complete_folders.add(path)
        for name, file in self._tree(path, source, address, ()):
            self.files[name] = file

    def _is_usable(self, reference: FileReference) -> bool:
        """Return whether a reference names something that exists; report it if it must exist."""
        path, address = reference.path, reference.address
        if ABSOLUTE_PATH.match(path):
            if not self._folders.allows(path):
                self.mistakes.append(f"{address}: {path} is an absolute path, which does not exist on other machines")
            return False
        if path == ".." or path.startswith("../"):
            self.mistakes.append(f"{address}: {path} is outside the stack's folder; {ADVICE}")
            return False
        if path == ROOT:
            if reference.is_listed or reference.is_module:
                self.mistakes.append(
                    f"{address}: names the folder of the configuration itself, which has other files in a bundle; "
                    "name a folder in it"
                )
            return False
        if not self._exists(path):
            if reference.must_exist and not self._folders.allows(path):
                self.mistakes.append(f"{address}: {path} is missing in the stack's folder; {ADVICE}")
            return False
        return True

    def _exists(self, path: str) -> bool:
        try:
            return (self._root / to_path(path)).exists()
        except (OSError, ValueError):  # a name that no file can have
            return False

    def _follow_module(self, reference: FileReference) -> None:
        folder = self._root / to_path(reference.path)
        if not folder.is_dir():
            self.mistakes.append(f"{reference.address}: {reference.path} is not a folder, so it is not a module")
            return
        for name in _names(folder):
            path = f"{reference.path}/{name}"
            if path in self._files_of_modules_read or not name.endswith((HCL_SUFFIX, JSON_SUFFIX)):
                continue
            self._files_of_modules_read.add(path)
            self._follow_module_file(folder / name, path, reference.path)

    def _follow_module_file(self, file: Path, path: str, module: str) -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.mistakes.append(f"{path}: cannot be read: {error}")
            return
        self.mistakes += [f"{path}: {found} is a path of this machine" for found in paths_in(text, self._folders)]
        if path.endswith(HCL_SUFFIX):
            self.follow(references_of_hcl(text, module, path))
            return
        content = read_json(file)
        blocks = content if isinstance(content, list) else [content]
        for block in blocks:
            if isinstance(block, Mapping):
                self.follow(references_of(block, module, f"{path}: "))

    def _tree(self, name: str, source: Path, address: str, parents: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        """Yield the name and path of each file of a folder. The content of a symbolic link takes the link's place."""
        try:
            real = Path(os.path.realpath(source, strict=True))
            mode = real.stat().st_mode
            if not real.is_relative_to(self._real_root):
                self.mistakes.append(f"{address}: {name} is a link to a file outside the stack's folder")
            elif stat.S_ISREG(mode):
                with real.open("rb"):  # so that a file without permission is found before anything is written
                    yield name, real
            elif not stat.S_ISDIR(mode):
                self.mistakes.append(f"{address}: {name} is not a file or a folder, so it cannot be copied")
            elif real in parents or real == self._real_root:
                self.mistakes.append(f"{address}: {name} is a link to a folder that contains it")
            else:
                yield from self._folder(name, source, address, (*parents, real))
        except OSError as error:
            self.mistakes.append(f"{address}: {name} cannot be read: {error.strerror}")

    def _folder(self, name: str, source: Path, address: str, parents: tuple[Path, ...]) -> Iterator[tuple[str, Path]]:
        entries = _names(source)
        if not entries:
            yield name, source
        for entry in entries:
            try:
                text = to_name(entry)
            except UnicodeDecodeError:
                self.mistakes.append(f"{address}: {name} has a file whose name is not UTF-8: {entry!a}")
                continue
            if "\\" in text or not text.isprintable():
                self.mistakes.append(f"{address}: {name} has a file whose name other machines do not accept: {text!a}")
                continue
            yield from self._tree(posixpath.join(name, text), source / entry, address, parents)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
