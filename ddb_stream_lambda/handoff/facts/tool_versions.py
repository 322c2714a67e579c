"""The versions of the tools that made a bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import metadata


def read_tool_versions(*, package_version: str, cdktf_version: str, providers: Iterable[str]) -> Mapping[str, str]:
    """Return the version of each tool by its name.

    Args:
        package_version: the version of this package.
        cdktf_version: the version of cdktf that synthesized the stack.
        providers: the names of the stack's providers. Those without installed bindings are left out.
    """
    versions = {"ddb_stream_lambda": package_version, "cdktf": cdktf_version}
    for bindings in sorted(f"cdktf-cdktf-provider-{provider}" for provider in providers):
        try:
            versions[bindings] = metadata.version(bindings)
        except metadata.PackageNotFoundError:
            continue
    return versions
