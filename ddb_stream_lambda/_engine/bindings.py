"""Imports the AWS provider's bindings on demand: a pattern needs about ten of their modules, which are over 2,000.

A plain import of the bindings takes several seconds and over half a gigabyte before the first resource exists: the
engine compiles the code of every resource, and with cdktf-cdktf-provider-aws (not with cdktn-provider-aws, whose
``__init__`` is lazy) Python imports every module. Here both wait:

* In Python, a module with the bindings' real spec and path, whose ``__init__`` did not run, is in ``sys.modules``.
  A submodule is imported at its first use, in any of the ways that Python has.
* In the engine, `hook.js` makes the provider's index lazy. It has to be loaded before the first submodule is, and
  before ``__init__`` runs: even a lazy one loads the index. So the module is replaced for both tools.

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
from functools import cache
from types import ModuleType

from . import TESTED_WITH

BINDINGS = "cdktf_cdktf_provider_aws"
# Environment variables: "0" turns the import on demand off, or only the warning about the order of imports.
IMPORT_ON_DEMAND = "DDB_STREAM_LAMBDA_IMPORT_ON_DEMAND"
IMPORT_ORDER_WARNING = "DDB_STREAM_LAMBDA_IMPORT_ORDER_WARNING"
# The attribute that marks the module below.
ON_DEMAND = "__imported_on_demand__"
# The engine compiles as many of the provider's files only if its index is not lazy. A pattern needs about ten.
MANY_FILES = 1000


class ImportOrderWarning(UserWarning):
    """The provider's package was imported before this one, which costs seconds and over half a gigabyte."""


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

    @property
    def hooked(self) -> bool:
        """The state of the hook: True once it is loaded."""
        return self._hooked

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            if not self._hooked:
                from .javascript import load_hook

                load_hook()
                self._hooked = True
        return super().__iter__()


@cache
def warn_if_all_is_loaded() -> None:
    """Warn once if the hook did not make the provider's index lazy, as with a release that writes it in another form.

    All works as before then, only slower. It is called when the first resource is created, so that the index is loaded.
    """
    path = getattr(sys.modules.get(BINDINGS), "__path__", None)
    if not (isinstance(path, _HookedPath) and path.hooked):
        return
    from .javascript import count_compiled_files

    if not 0 < count_compiled_files() < MANY_FILES:
        _warn_of_unknown_index()


def _warn_of_unknown_index() -> None:
    from importlib.metadata import distributions

    versions = {distribution.name: distribution.version for distribution in distributions()}
    installed = ", ".join(f"{name} {versions[name]}" for name in TESTED_WITH if name in versions)
    tested = ", ".join(f"{name} {number}" for name, number in TESTED_WITH.items())
    warnings.warn(
        f"ddb_stream_lambda could not make {BINDINGS} load on demand, so that the engine loaded all of its classes "
        f"(several seconds and over half a gigabyte). The result is the same. Installed: {installed}. Tested: {tested}."
        " Install the tested versions, or a later version of this library.",
        RuntimeWarning,
        stacklevel=2,
    )


def _warn_of_import_order() -> None:
    warnings.warn(
        f"{BINDINGS} was imported before ddb_stream_lambda, so that all of its classes were loaded (several seconds and"
        " over half a gigabyte). Import ddb_stream_lambda first. To keep a formatter from changing the order, add to"
        ' pyproject.toml: [tool.ruff.lint.isort] force-to-top = ["ddb_stream_lambda"], or for isort: [tool.isort]'
        f' force_to_top = ["ddb_stream_lambda"]. Silence this with {IMPORT_ORDER_WARNING}=0.',
        ImportOrderWarning,
        stacklevel=4,
    )
