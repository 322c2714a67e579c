"""The function that the stream invokes: a new one, or a given one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cdktf import Fn, ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from constructs import Construct

from .._engine.creation import StringMap, create
from .._engine.tokens import as_map, is_token
from ..arguments._generated import LambdaFunctionProps
from ..arguments.checks import check_choice, check_name, check_present, check_ranges
from ..arguments.companions import companion_arguments, companion_of
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from ..code import Archive, Code, PackingError, Target
from ..errors import Mistakes
from ..limits import ARCHITECTURES, FUNCTION_NAME, FUNCTION_RANGES, PACKAGE_TYPES, TRACING_MODES

PROPS = "lambda_function_props"
EXISTING = "existing_lambda_obj"

# The sources of a function's code, each with its arguments.
CODE_SOURCES = {
    "code": ("code",),
    "filename": ("filename",),
    "s3_bucket and s3_key": ("s3_bucket", "s3_key"),
    "image_uri": ("image_uri",),
}
SOURCES = "code=Code.from_asset(…), filename, s3_bucket and s3_key, or image_uri"

FunctionWarningId = Literal["tracing_config"]

ExistingFunction = LambdaFunction | DataAwsLambdaFunction


@dataclass(frozen=True)
class NewFunction:
    """A function to create.

    Attributes:
        arguments: Its arguments without `code`, and without the role and the log group that it depends on.
        archive: The packed `code`, if the function has one.
    """

    arguments: Arguments
    archive: Archive | None

    def companion(self, *, regional: bool = True) -> dict[str, Any]:
        """Return the `provider` and `region` for the resources that belong to the function."""
        return companion_arguments(self.arguments, regional=regional)

    def region_in_arn(self) -> str | None:
        """Return None: the ARN of a new function is unknown."""
        return None

    def statements(self) -> Iterator[Statement]:
        """Yield the permissions that Lambda needs for the function's settings."""
        tracing_mode = self.arguments.get("tracing_config", {}).get("mode")
        if tracing_mode == "Active" or is_token(tracing_mode):
            yield allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")
        if self.arguments.get("vpc_config", {}).get("subnet_ids"):
            # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
            interfaces = [
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ]
            yield allow("JoinVpc", interfaces, "*")


@dataclass(frozen=True)
class GivenFunction:
    """A function that exists or belongs to the app."""

    interface: ExistingFunction

    @property
    def role_arn(self) -> str:
        """The ARN of its execution role."""
        given = self.interface.role_input if isinstance(self.interface, LambdaFunction) else None
        return self.interface.role if given is None else given

    def companion(self, *, regional: bool = True) -> dict[str, Any]:
        """Return the `provider` and `region` for the resources that belong to the function."""
        return companion_of(self.interface, regional=regional)

    def region_in_arn(self) -> str | None:
        """Return the region in the ARN that a data source gives as the function's name."""
        arn = re.match(r"arn:[\w-]+:lambda:(?P<region>[\w-]+):", str(self.interface.function_name_input))
        return None if arn is None else arn["region"]

    def statements(self) -> Iterator[Statement]:
        """Yield nothing: a given function has its permissions."""
        yield from ()


@dataclass(frozen=True)
class Function:
    """The function in use.

    Attributes:
        interface: The function that was created or given.
        created: The function, if it was created.
    """

    interface: ExistingFunction
    created: LambdaFunction | None

    @property
    def arn_to_invoke(self) -> str:
        """The ARN that the mapping names: with the qualifier of a data source that has one."""
        if isinstance(self.interface, DataAwsLambdaFunction) and self.interface.qualifier_input is not None:
            return self.interface.qualified_arn
        return self.interface.arn


def defaults(path: str, runtime: object) -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_function`; some of them depend on the runtime."""
    arguments: dict[str, Any] = {
        "function_name": unique_name(path, FUNCTION_NAME),
        "tracing_config": {"mode": "Active"},
    }
    if _has_connection_reuse_variable(runtime):
        arguments["environment"] = {"variables": StringMap(AWS_NODEJS_CONNECTION_REUSE_ENABLED="1")}
    return arguments


def check_function(
    *, path: str, existing: ExistingFunction | None, props: object, mistakes: Mistakes
) -> NewFunction | GivenFunction:
    """Return the function to use; add a mistake for each wrong input. Pack the code of a new function."""
    if existing is None:
        if props is None:
            mistakes.add(PROPS, None, f"the pattern needs a function; give {PROPS} or {EXISTING}")
            return NewFunction({}, None)
        return _check_new(path, props, mistakes)
    if props is not None:
        mistakes.add(PROPS, props, f"configures a new function, but {EXISTING} gives one; remove one of the two")
    if not isinstance(existing, LambdaFunction | DataAwsLambdaFunction):
        mistakes.add(EXISTING, existing, "must be a LambdaFunction or a DataAwsLambdaFunction of the provider")
        return NewFunction({}, None)
    return GivenFunction(existing)


def build_function(
    *,
    scope: Construct,
    function: NewFunction | GivenFunction,
    stack: TerraformStack,
    role_arn: str,
    variables: StringMap,
    log_group_name: str | None,
    depends_on: Sequence[ITerraformDependable],
) -> Function:
    """Create the function, or take the given one.

    Args:
        scope: The pattern.
        function: The function to create or to take.
        stack: The stack that gets the archive of the code.
        role_arn: The execution role of a new function.
        variables: Environment variables that a new function gets besides the user's.
        log_group_name: The log group that a new function writes to; None for the one that Lambda uses by default.
        depends_on: Its policy, since Lambda checks the permissions of a function in a VPC when it is created; and its
            log group, since Lambda would create the group at the first invocation if Terraform did not do it before.
    """
    match function:
        case GivenFunction(interface):
            return Function(interface, None)
        case NewFunction():
            arguments = dict(function.arguments)
            arguments |= {"role": role_arn, "depends_on": [*arguments.get("depends_on", ()), *depends_on]}
            if variables:
                environment = arguments.get("environment", {})
                merged = with_variables(environment.get("variables", {}), variables)
                arguments["environment"] = environment | {"variables": merged}
            if log_group_name is not None:
                logging = {"log_format": "Text"} | arguments.get("logging_config", {})
                arguments["logging_config"] = logging | {"log_group": log_group_name}
            if function.archive is not None:
                arguments["filename"] = function.archive.add_asset_to(stack)
                arguments["source_code_hash"] = function.archive.source_code_hash
            created = create(LambdaFunction, scope=scope, id="function", arguments=arguments)
            return Function(created, created)


def with_variables(given: Mapping[str, Any], added: StringMap) -> StringMap:
    """Return the given environment variables, which can be an expression, and the added ones."""
    if is_token(given):
        # The marks of an expression for a map must be its only key.
        return StringMap(as_map(Fn.merge([given, Fn.zipmap(list(added), list(added.values()))])))
    return StringMap({**given, **added})


def warnings_of(function: NewFunction | GivenFunction) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default of a new function that the props weaken."""
    if isinstance(function, GivenFunction):
        return
    mode = function.arguments.get("tracing_config", {}).get("mode")
    if mode != "Active" and not is_token(mode):
        yield _warning(
            "tracing_config", f"{PROPS}.tracing_config is not Active: X-Ray records no traces of the invocations."
        )


def _warning(id: FunctionWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _has_connection_reuse_variable(runtime: object) -> bool:
    """Return whether the runtime is Node.js 10 or later, whose SDK reuses connections if a variable is set."""
    if not isinstance(runtime, str) or is_token(runtime):
        return False
    name, _, version = runtime.removesuffix(".x").partition("nodejs")
    return name == "" and version.isdecimal() and int(version) >= 10


def _check_new(path: str, props: object, mistakes: Mistakes) -> NewFunction:
    arguments = complete(
        LambdaFunctionProps,
        props,
        defaults=lambda given: defaults(path, given.get("runtime")),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_lambda_function",
    )
    check_present(("function_name",), arguments=arguments, property=PROPS, mistakes=mistakes)
    check_name(
        FUNCTION_NAME, value=arguments.get("function_name"), property=f"{PROPS}.function_name", mistakes=mistakes
    )
    check_ranges(FUNCTION_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    mode = arguments.get("tracing_config", {}).get("mode")
    check_choice(TRACING_MODES, value=mode, property=f"{PROPS}.tracing_config.mode", mistakes=mistakes)
    package_type = arguments.get("package_type")
    check_choice(PACKAGE_TYPES, value=package_type, property=f"{PROPS}.package_type", mistakes=mistakes)
    architectures = arguments.get("architectures")
    for number, architecture in enumerate(architectures if isinstance(architectures, list) else ()):
        property = f"{PROPS}.architectures[{number}]"
        check_choice(tuple(ARCHITECTURES), value=architecture, property=property, mistakes=mistakes)
    code = arguments.pop("code", None)
    sources = _check_code_source(arguments, code, mistakes)
    archive = _pack(code, arguments, mistakes) if isinstance(code, Code) else None
    _check_package_type(arguments, sources, mistakes)
    return NewFunction(arguments, archive)


def _check_code_source(arguments: Arguments, code: object, mistakes: Mistakes) -> list[str]:
    """Return the sources of the code; add a mistake unless it is exactly one."""
    given = arguments if code is None else {**arguments, "code": code}
    sources = [source for source, names in CODE_SOURCES.items() if any(name in given for name in names)]
    if not sources:
        mistakes.add(f"{PROPS}.code", None, f"the function has no code; give one of {SOURCES}")
    if len(sources) > 1:
        message = f"the code has more than one source; give only one of {SOURCES}"
        mistakes.add(f"{PROPS}.{sources[1].split()[0]}", f"together with {sources[0]}", message)
    if "s3_bucket and s3_key" in sources:
        for name in CODE_SOURCES["s3_bucket and s3_key"]:
            if name not in arguments:
                mistakes.add(f"{PROPS}.{name}", None, "s3_bucket and s3_key need each other; give both")
    filename = arguments.get("filename")
    # Terraform reads a relative filename from the stack's output folder, which may be filled later.
    is_absolute = isinstance(filename, str) and filename.startswith("/")
    if is_absolute and not Path(str(filename)).exists():
        mistakes.add(f"{PROPS}.filename", filename, "no such file; name the archive, or use code=Code.from_asset(…)")
    return sources


def _pack(code: Code, arguments: Arguments, mistakes: Mistakes) -> Archive | None:
    """Pack the code; add a mistake if that fails."""
    if "source_code_hash" in arguments:
        message = "the pattern computes the hash of code; remove it"
        mistakes.add(f"{PROPS}.source_code_hash", arguments["source_code_hash"], message)
    try:
        target = code.parse_target()
        if target is not None:
            _take_target(target, arguments, mistakes)
        return code.pack()
    except PackingError as error:
        mistakes.add(f"{PROPS}.code", str(code.path), str(error))
        if code.dependencies is not None:
            arguments.setdefault("runtime", code.dependencies.runtime)  # it was given, so that it is not missing
        return None


def _take_target(target: Target, arguments: Arguments, mistakes: Mistakes) -> None:
    """Take the runtime and the architecture from a Python project; add a mistake if the user gave other ones."""
    for name, value in (("runtime", target.runtime), ("architectures", [target.architecture])):
        given = arguments.setdefault(name, value)
        if not is_token(given) and given not in (value, tuple(value)):
            message = f"Code.from_python_project packs for {target}; remove it, or give the same value"
            mistakes.add(f"{PROPS}.{name}", given, message)


def _check_package_type(arguments: Arguments, sources: Sequence[str], mistakes: Mistakes) -> None:
    """Check the arguments that only one of the two package types has."""
    if "image_uri" in sources or arguments.get("package_type") == "Image":
        arguments.setdefault("package_type", "Image")
        for name in ("runtime", "handler", "layers"):
            if name in arguments:
                message = "a container image has its own; remove it (image_config overrides the image's entry point)"
                mistakes.add(f"{PROPS}.{name}", arguments[name], message)
    elif sources:
        for name, example in (("runtime", "python3.13"), ("handler", "index.handler")):
            if name not in arguments:
                message = f'a zip archive needs it; add, for example, {name}="{example}"'
                mistakes.add(f"{PROPS}.{name}", None, message)
