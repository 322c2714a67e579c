"""Imports the AWS provider's bindings on demand, since a pattern needs 10 of its 2,213 modules.

Plainly imported, the bindings cost several seconds and half a gigabyte before the first resource exists: their
``__init__`` imports every module, and the jsii engine (node) compiles the code of every resource. Here both wait:

* in Python, a package module with the bindings' real spec and path, but without its ``__init__`` run, stands in
  ``sys.modules``; a submodule is imported when it is first named, in any of the ways that Python has;
* in the engine, a small assembly of this package, loaded before the provider's, makes the provider's index lazy.

Nothing else changes: the classes, their identity and the Terraform they emit are the same. Where the program has
imported the bindings before this package, they are left as they are. ``DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND=0`` in the
environment turns all of it off.
"""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import io
import json
import os
import pkgutil
import sys
import tarfile
import tempfile
from importlib import resources
from pathlib import Path
from types import ModuleType

import jsii

BINDINGS = "cdktf_cdktf_provider_aws"
SWITCH = "DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND"
HOOK = "ddb-stream-lambda-engine-hook"
HOOK_VERSION = "1.1.0"


def import_on_demand() -> bool:
    """Arrange that the provider's modules are imported when first named; say whether that is so."""
    if os.environ.get(SWITCH) == "0":
        return False
    if BINDINGS in sys.modules:
        return isinstance(sys.modules[BINDINGS], _Bindings)
    spec = importlib.util.find_spec(BINDINGS)
    if spec is None:
        return False
    stand_in = _Bindings(BINDINGS)
    stand_in.__spec__ = spec
    stand_in.__loader__ = spec.loader
    stand_in.__file__ = spec.origin
    stand_in.__package__ = BINDINGS
    stand_in.__path__ = spec.submodule_search_locations or []
    _load_engine_hook()
    sys.modules[BINDINGS] = stand_in
    return True


class _Bindings(ModuleType):
    """The package module without its ``__init__``: names its submodules, and imports one when it is asked for."""

    def __getattr__(self, name: str) -> object:
        if name == "__all__":
            return self._submodules()
        if name.startswith("__") or importlib.util.find_spec(f"{BINDINGS}.{name}") is None:
            raise AttributeError(f"module {BINDINGS!r} has no attribute {name!r}")
        return importlib.import_module(f"{BINDINGS}.{name}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._submodules()})

    def _submodules(self) -> list[str]:
        return [module.name for module in pkgutil.iter_modules(self.__path__) if module.name != "_jsii"]


def _load_engine_hook() -> None:
    """Load `engine_hook.js` as what the engine can load at any time: a jsii assembly, here one without types."""
    with tempfile.TemporaryDirectory() as folder:
        tarball = Path(folder, f"{HOOK}.tgz")
        tarball.write_bytes(_hook_assembly())
        jsii.kernel.load(HOOK, HOOK_VERSION, str(tarball))


def _hook_assembly() -> bytes:
    author = {"name": "ddb_stream_lambda", "roles": ["author"]}
    about = {"name": HOOK, "version": HOOK_VERSION, "license": "Apache-2.0", "author": author}
    manifest = about | {"main": "index.js", "jsii": {}}
    assembly = about | {
        "schema": "jsii/0.10.0",
        "jsiiVersion": "5.8.0",
        "fingerprint": HOOK_VERSION,
        "types": {},
    }
    files = {
        "package/package.json": json.dumps(manifest).encode(),
        "package/.jsii": json.dumps(assembly).encode(),
        "package/index.js": resources.files(__package__).joinpath("hook.js").read_bytes(),
    }
    # Constant times, so that the engine's cache of assemblies holds one copy, not one a run.
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
