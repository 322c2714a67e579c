"""Everything that the files of a bundle print about a stack, derived once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..formats import BundleKind
from ..synthesized.assets import Assets
from ..synthesized.configuration import Configuration, Resource
from ..synthesized.module import ReusableModule, as_module
from .backends import Backends, choose_backends
from .checkov import SuppressedCheck, suppressed_checks_of
from .constraints import Requirements, read_requirements
from .descriptions import describe
from .permissions import Permissions, read_permissions
from .pipelines import Pipeline, ids_in_patterns, read_pipelines
from .references import read_references
from .tool_versions import read_tool_versions
from .variables import Output, Variable, read_outputs, read_variables


@dataclass(frozen=True)
class DescribedResource:
    """A resource or a data source, with what the documents and comments print about it.

    Attributes:
        resource: the resource.
        description: its purpose, and the settings that matter to an operator.
        suppressed_checks: the checks of checkov that are suppressed for it.
    """

    resource: Resource
    description: str
    suppressed_checks: tuple[SuppressedCheck, ...]


@dataclass(frozen=True)
class ModuleFacts:
    """The facts that only a reusable module has.

    Attributes:
        split: the module and its example.
        example_requirements: the constraints of the example on Terraform and the providers.
    """

    split: ReusableModule
    example_requirements: Requirements


@dataclass(frozen=True)
class StackFacts:
    """The facts about a stack. For a reusable module, these are the facts about the module without its example.

    Attributes:
        stack: the stack's name.
        configuration: the configuration, import blocks included.
        assets: the files that go along with the configuration.
        requirements: the constraints on Terraform and the providers.
        backends: the backend that the bundle names, and those that it offers.
        variables: the variables, sorted by their names.
        outputs: the outputs, sorted by their names.
        resources: the resources, in the order of the data flow.
        data_sources: the data sources.
        pipelines: the parts of each pattern, and the stream that it reads.
        references: the addresses that each resource, data source and module refers to.
        permissions: the permissions that the resources grant.
        tool_versions: the version of each tool that made the stack.
        module: the facts about the module and its example; None for a root module.
    """

    stack: str
    configuration: Configuration
    assets: Assets
    requirements: Requirements
    backends: Backends
    variables: tuple[Variable, ...]
    outputs: tuple[Output, ...]
    resources: tuple[DescribedResource, ...]
    data_sources: tuple[DescribedResource, ...]
    pipelines: tuple[Pipeline, ...]
    references: Mapping[str, Sequence[str]]
    permissions: Permissions
    tool_versions: Mapping[str, str]
    module: ModuleFacts | None


def derive_facts(
    stack: str,
    configuration: Configuration,
    *,
    kind: BundleKind = BundleKind.ROOT,
    assets: Assets | None = None,
    backend: str | None,
    cdktf_version: str,
    package_version: str,
) -> StackFacts:
    """Derive the facts about a stack from its configuration.

    Args:
        stack: the stack's name.
        configuration: the stack's configuration, import blocks included.
        kind: the kind of module that the bundle is.
        assets: the files that go along with the configuration; None if there are none.
        backend: the type of backend that the bundle names, or `backends.NONE`; None for the stack's backend.
        cdktf_version: the version of cdktf that synthesized the stack.
        package_version: the version of this package.

    Raises:
        ConfigurationError: if the stack cannot be a reusable module, and is to be one.
    """
    module = None
    if kind is BundleKind.MODULE:
        split = as_module(stack, configuration)
        module = ModuleFacts(split, read_requirements(configuration))
        configuration = split.configuration
    requirements = read_requirements(configuration)
    providers = [provider.name for provider in requirements.providers]
    ids = ids_in_patterns(configuration)

    def describe_all(resources: Iterable[Resource]) -> tuple[DescribedResource, ...]:
        return tuple(
            _describe(resource, pattern_id=ids.get(resource.address), all_resources=configuration.resources)
            for resource in resources
        )

    return StackFacts(
        stack=stack,
        configuration=configuration,
        assets=assets or Assets(),
        requirements=requirements,
        backends=choose_backends(stack, configured=configuration.settings.get("backend", {}), requested=backend),
        variables=read_variables(configuration),
        outputs=read_outputs(configuration),
        resources=describe_all(configuration.resources),
        data_sources=describe_all(configuration.data_sources),
        pipelines=read_pipelines(configuration),
        references=read_references(configuration),
        permissions=read_permissions(configuration),
        tool_versions=read_tool_versions(
            package_version=package_version, cdktf_version=cdktf_version, providers=providers
        ),
        module=module,
    )


def _describe(resource: Resource, *, pattern_id: str | None, all_resources: Sequence[Resource]) -> DescribedResource:
    return DescribedResource(
        resource,
        describe(resource, pattern_id=pattern_id),
        suppressed_checks_of(resource, pattern_id=pattern_id, resources=all_resources),
    )
