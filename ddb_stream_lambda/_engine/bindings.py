"""Imports the AWS provider's bindings on demand: a pattern needs 10 of their 2,213 modules.

A plain import of the bindings takes several seconds and half a gigabyte before the first resource exists: their
``__init__`` imports every module, and the engine compiles the code of every resource. Here both wait:

* In Python, a module with the bindings' real spec and path, whose ``__init__`` did not run, is in ``sys.modules``.
  A submodule is imported at its first use, in any of the ways that Python has.
* In the engine, `hook.js` makes the provider's index lazy. It is loaded before the first submodule is.

See the package's docstring for all that this changes in the user's process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import sys
import threading
import warnings
from collections.abc import Iterator
from types import ModuleType

BINDINGS = "cdktf_cdktf_provider_aws"
# Environment variables: "0" turns the import on demand off, or only the warning about the order of imports.
IMPORT_ON_DEMAND = "DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND"
IMPORT_ORDER_WARNING = "DDB_STREAM_LAMBDA_IMPORT_ORDER_WARNING"
# The attribute that marks the module below.
ON_DEMAND = "__imported_on_demand__"


class ImportOrderWarning(UserWarning):
    """The provider's whole package was imported before this one, which costs seconds and half a gigabyte."""


def import_on_demand() -> bool:
    """Arrange that the provider's modules are imported at their first use.

    Returns:
        Whether they are. They are not where ``DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND=0`` is set, where the bindings are not
        installed, and where the program imported them before.
    """
    if os.environ.get(IMPORT_ON_DEMAND) == "0":
        return False
    if BINDINGS in sys.modules:
        # Not isinstance: this package may have been imported twice, for example by a test that reloads it.
        on_demand = getattr(sys.modules[BINDINGS], ON_DEMAND, False) is True
        if not on_demand and os.environ.get(IMPORT_ORDER_WARNING) != "0":
            _warn_of_import_order()
        return on_demand
    spec = importlib.util.find_spec(BINDINGS)
    if spec is None:
        return False
    on_demand_module = _BindingsOnDemand(BINDINGS)
    on_demand_module.__spec__ = spec
    on_demand_module.__loader__ = spec.loader
    on_demand_module.__file__ = spec.origin
    on_demand_module.__package__ = BINDINGS
    setattr(on_demand_module, ON_DEMAND, True)
    on_demand_module.__path__ = _HookedPath(spec.submodule_search_locations or [])
    sys.modules[BINDINGS] = on_demand_module
    return True


class _BindingsOnDemand(ModuleType):
    """The provider's package without its ``__init__``: imports a submodule when its name is first used."""

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


class _HookedPath(list[str]):
    """The package's search path. Python reads it to import a submodule; the engine's hook is loaded first.

    So the engine starts with the first resource, and not for a program that needs none, such as the hand-off.
    """

    def __init__(self, locations: list[str]) -> None:
        super().__init__(locations)
        self._lock = threading.Lock()
        self._hooked = False

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            if not self._hooked:
                from .javascript import load_hook

                load_hook()
                self._hooked = True
        return super().__iter__()


def _warn_of_import_order() -> None:
    warnings.warn(
        f"{BINDINGS} was imported before ddb_stream_lambda, so that all of its 2,213 modules were loaded (about 20 s"
        " and 600 MB). Import ddb_stream_lambda first. To keep a formatter from changing the order, add to"
        ' pyproject.toml: [tool.ruff.lint.isort] force-to-top = ["ddb_stream_lambda"], or for isort: [tool.isort]'
        f' force_to_top = ["ddb_stream_lambda"]. Silence this with {IMPORT_ORDER_WARNING}=0.',
        ImportOrderWarning,
        stacklevel=4,
    )
