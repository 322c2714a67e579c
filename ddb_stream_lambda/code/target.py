"""The runtime and the architecture that a function's dependencies are packed for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..limits import ARCHITECTURES, GLIBC_FROM_PYTHON, MANYLINUX_ALIASES, OLDEST_MANYLINUX
from .errors import PackingError

# Lambda updates a runtime to each patch release of Python
# (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html). The current number cannot be known here; Python
# has had no patch release as late as this one.
LATEST_PATCH = 99


@dataclass(frozen=True)
class Target:
    """The Lambda runtime and the architecture of a function.

    Attributes:
        runtime: Lambda's identifier of the runtime, such as ``python3.13``.
        architecture: ``x86_64`` or ``arm64``.
    """

    runtime: str
    architecture: str

    @staticmethod
    def parse(runtime: object, architecture: object) -> Target:
        """Return the target of a supported runtime and architecture.

        Args:
            runtime: ``python3.8`` or a later one.
            architecture: ``x86_64`` or ``arm64``.

        Raises:
            PackingError: If one of the two is not supported.
        """
        version = re.fullmatch(r"python3\.(\d+)", runtime) if isinstance(runtime, str) else None
        oldest = min(GLIBC_FROM_PYTHON)
        if not isinstance(runtime, str) or version is None or int(version[1]) < oldest:
            raise PackingError(
                f'runtime {runtime!r} is not supported; give "python3.{oldest}" or a later one, such as "python3.13"'
            )
        if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
            raise PackingError(
                f"architecture {architecture!r} is not supported; give one of {', '.join(ARCHITECTURES)}"
            )
        return Target(runtime, architecture)

    @property
    def python_version(self) -> str:
        """The version of Python, such as ``3.13``."""
        return self.runtime.removeprefix("python")

    @property
    def abi_tag(self) -> str:
        """The tag of wheels built for exactly this version of CPython, such as ``cp313`` (https://peps.python.org/pep-0425/)."""
        return f"cp{self.python_version.replace('.', '')}"

    @property
    def glibc(self) -> int:
        """The minor version of glibc 2 in the runtime."""
        minor = int(self.python_version.partition(".")[2])
        return GLIBC_FROM_PYTHON[max(first for first in GLIBC_FROM_PYTHON if first <= minor)]

    @property
    def platform_tags(self) -> list[str]:
        """The platform tags of wheels that the runtime can load, the preferred ones first.

        See https://peps.python.org/pep-0600/ and https://peps.python.org/pep-0599/.
        """
        machine = ARCHITECTURES[self.architecture]
        tags = []
        for glibc in range(self.glibc, OLDEST_MANYLINUX[machine] - 1, -1):
            tags.append(f"manylinux_2_{glibc}_{machine}")
            if glibc in MANYLINUX_ALIASES:
                tags.append(f"{MANYLINUX_ALIASES[glibc]}_{machine}")
        return tags

    @property
    def marker_environment(self) -> Mapping[str, str]:
        """The values of the environment marker variables in the runtime (PEP 508)."""
        full_version = f"{self.python_version}.{LATEST_PATCH}"
        return {
            "implementation_name": "cpython",
            "implementation_version": full_version,
            "os_name": "posix",
            "platform_machine": ARCHITECTURES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_implementation": "CPython",
            "python_full_version": full_version,
            "python_version": self.python_version,
            "sys_platform": "linux",
        }

    def __str__(self) -> str:
        return f"{self.runtime} on {self.architecture}"
