"""The versions of Terraform and of the providers that the configuration requires, derived from what it uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..synthesized.configuration import Configuration
from .features import FIRST_OPENTOFU, Feature, features_of, format_version


@dataclass(frozen=True)
class RequiredProvider:
    """A provider that the configuration requires.

    Attributes:
        name: the local name, such as ``aws``.
        source: the full source, such as ``hashicorp/aws``.
        version: the constraint, such as ``~> 6.25``.
        synthesized_for: the version that the provider's bindings were generated from.
        aliases: the aliases that the caller of a reusable module passes, such as ``aws.east``.
    """

    name: str
    source: str
    version: str
    synthesized_for: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class OpenTofu:
    """The support of OpenTofu for a configuration.

    Attributes:
        version: the first version of OpenTofu that has every feature and that ``required_version`` allows; None if no
            version has every feature.
        differences: the sentences that an operator must know: the missing features, those that came in a later version
            than Terraform's, and those that work differently.
    """

    version: str | None
    differences: tuple[str, ...]


@dataclass(frozen=True)
class Requirements:
    """The versions that the configuration requires.

    Attributes:
        terraform: the constraint on Terraform.
        providers: the providers by their names.
        features: the features that decide the constraint, those of the newest version first.
        opentofu: the support of OpenTofu.
    """

    terraform: str
    providers: tuple[RequiredProvider, ...]
    features: tuple[Feature, ...] = ()
    opentofu: OpenTofu = OpenTofu(None, ())

    @property
    def block(self) -> dict[str, Any]:
        """The ``terraform`` block in Terraform's JSON syntax."""
        providers = {
            entry.name: {"source": entry.source, "version": entry.version}
            | ({"configuration_aliases": list(entry.aliases)} if entry.aliases else {})
            for entry in self.providers
        }
        return {"required_version": self.terraform, "required_providers": providers}


def read_requirements(configuration: Configuration) -> Requirements:
    """Derive the constraints on Terraform and on the providers.

    Terraform's constraint is the first version that supports everything in the configuration, in addition to the
    stack's own constraint. A provider's constraint allows every version up to its next major version.
    """
    features = features_of(configuration)
    first = f">= {format_version(features[0].terraform)}.0"
    constraint = configuration.settings.get("required_version")
    providers = tuple(
        RequiredProvider(
            name=name,
            source=_full_source(provider.get("source", name)),
            version=_up_to_next_major(provider.get("version", ">= 0.0.0")),
            synthesized_for=provider.get("version", ""),
            aliases=tuple(provider.get("configuration_aliases", ())),
        )
        for name, provider in sorted(configuration.settings.get("required_providers", {}).items())
    )
    return Requirements(
        terraform=f"{constraint}, {first}" if constraint else first,
        providers=providers,
        features=tuple(features),
        opentofu=_read_opentofu(features, constraint=constraint),
    )


def _read_opentofu(features: list[Feature], *, constraint: str | None) -> OpenTofu:
    differences = []
    # OpenTofu compares `required_version` with its own version.
    first = max(features[0].terraform, FIRST_OPENTOFU)
    missing = False
    for feature in features:
        if feature.opentofu is None:
            missing = True
            differences.append(f"OpenTofu has no {feature.name}.")
            continue
        if feature.opentofu > max(feature.terraform, FIRST_OPENTOFU):
            differences.append(
                f"OpenTofu has {feature.name} since version {format_version(feature.opentofu)}, "
                f"Terraform since {format_version(feature.terraform)}."
            )
        if feature.note:
            differences.append(feature.note)
        first = max(first, feature.opentofu)
    if constraint:
        differences.append(
            f"OpenTofu compares the stack's constraint `{constraint}` with its own version, not with Terraform's."
        )
    return OpenTofu(None if missing else f"{format_version(first)}.0", tuple(differences))


def _full_source(source: str) -> str:
    return source if "/" in source else f"hashicorp/{source}"


def _up_to_next_major(version: str) -> str:
    """Return a constraint for an exact version that also allows later ones; any other constraint as it is."""
    exact = re.fullmatch(r"=?\s*(\d+)\.(\d+)\.\d+", version)
    return f"~> {exact[1]}.{exact[2]}" if exact else version
