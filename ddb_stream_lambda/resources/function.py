"""The function that the stream invokes: a new one, or a given one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cdktf import Fn, ITerraformDependable, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import StringMap, create
from .._engine.structs import values_of
from .._engine.tokens import address_of, as_map, expression_of, is_token
from ..arguments._generated import LambdaFunctionProps
from ..arguments.checks import check_choice, check_name, check_present, check_ranges, check_timeouts
from ..arguments.companions import companion_arguments, companion_of
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from ..code import Archive, Code, PackingError, Target
from ..errors import Mistakes
from ..limits import (
    APPLICATION_LOG_LEVELS,
    ARCHITECTURES,
    ENVIRONMENT_VARIABLE_NAME,
    EPHEMERAL_STORAGE,
    FUNCTION_NAME,
    FUNCTION_RANGES,
    LOCAL_MOUNT_PATH,
    LOG_FORMATS,
    MAX_LAYERS,
    PACKAGE_TYPES,
    PUBLISH_TO,
    RESERVED_ENVIRONMENT_VARIABLES,
    SNAP_START_APPLIES_ON,
    SYSTEM_LOG_LEVELS,
    TRACING_MODES,
)
from .arns import look_up_arn
from .failure_destination import KEY_ACTIONS, take_destination

PROPS = "lambda_function_props"
EXISTING = "existing_lambda_obj"

# The sources of a function's code, each with its arguments.
CODE_SOURCES = {
    "code": ("code",),
    "filename": ("filename",),
    "s3_bucket and s3_key": ("s3_bucket", "s3_key"),
    "image_uri": ("image_uri",),
}
# The arguments whose change deploys new code from the same source. Lambda reports the hash that the second one takes.
CODE_HASHES = ("source_code_hash", "code_sha256")
SHA256_IN_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
SOURCES = "code=Code.from_asset(…), filename, s3_bucket and s3_key, or image_uri"

FunctionWarningId = Literal[
    "tracing_config", "source_code_hash", "image_uri", "dead_letter_config", "file_system_config"
]

ExistingFunction = LambdaFunction | DataAwsLambdaFunction | LambdaAlias | DataAwsLambdaAlias

# A function's name, its ARN, or a part of the ARN, each with or without a version or alias:
# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
FUNCTION_REFERENCE = re.compile(
    r"(?P<unqualified>(arn:[\w-]+:lambda:(?P<region>[\w-]+):)?(\d{12}:)?(function:)?[\w.-]+)(:(?P<qualifier>[\w$.-]+))?"
)
# An attribute of a function of the app or of a data source; the group is the function's address.
FUNCTION_ATTRIBUTE = re.compile(r"\$\{((?:data\.)?aws_lambda_function\.[\w-]+)\.\w+\}")

# The path of a `TerraformAsset`, which changes with the file's content.
ASSET_PATH = re.compile(r"assets/[^/]+/[0-9A-Fa-f]{32,}/[^/]+")
IMAGE_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")

# The actions of AWS's managed policy:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
VPC_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
# Service -> the action that Lambda needs on the target of `dead_letter_config`:
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
DEAD_LETTER_ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}


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

    def statements(self, *, scope: Construct) -> Iterator[Statement]:
        """Yield the permissions that Lambda needs for the function's settings.

        The key of the environment variables needs none: Lambda creates a grant on it for the execution role, with the
        permissions of whoever deploys the function.
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html

        Args:
            scope: The pattern. It gets data sources if a permission needs an ARN that no resource of the pattern has.
        """
        tracing_mode = _tracing_mode(self.arguments)
        if tracing_mode == "Active" or is_token(tracing_mode):
            yield allow("SendTraces", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")
        vpc_config = self.arguments.get("vpc_config", {})
        if is_token(vpc_config) or vpc_config.get("subnet_ids"):
            yield allow("JoinVpc", VPC_ACTIONS, "*")
        target = _dead_letter_target(self.arguments)
        service = None if target is None else _service_of(target, scope)
        if target is not None and service in DEAD_LETTER_ACTIONS:
            yield allow("SendFailedEvents", [DEAD_LETTER_ACTIONS[service]], target)
            key = _look_up_dead_letter_key(scope, target)
            if key is not None:
                yield allow("EncryptFailedEvents", KEY_ACTIONS[service], key)
        access_point = _access_point(self.arguments)
        if access_point is not None and _service_of(access_point, scope) == "elasticfilesystem":
            # IAM knows the access point only as a condition:
            # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html
            actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
            condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": access_point}}
            yield allow("MountFileSystem", actions, "*") | {"Condition": condition}
        if "durable_config" in self.arguments:
            # https://docs.aws.amazon.com/lambda/latest/dg/durable-security.html. The function itself depends on the
            # policy, so that its ARN is not available here.
            actions = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"]
            name = f"function:{self.arguments['function_name']}:*"
            executions = look_up_arn(scope=scope, service="lambda", name=name, companion=self.companion())
            yield allow("CheckpointExecutions", actions, executions)


@dataclass(frozen=True)
class GivenFunction:
    """A function that exists or belongs to the app."""

    interface: ExistingFunction

    @property
    def role_arn(self) -> str | None:
        """The ARN of its execution role; None for an alias whose function is not part of the app."""
        match self.interface:
            case LambdaFunction() as resource:
                return resource.role if resource.role_input is None else resource.role_input
            case DataAwsLambdaFunction() as data_source:
                return data_source.role
            case alias:
                return _role_of_aliased_function(alias)

    @property
    def name(self) -> str:
        """The name or ARN of the function, without a version or alias."""
        given = str(self.interface.function_name_input)
        reference = None if is_token(given) else FUNCTION_REFERENCE.fullmatch(given)
        return given if reference is None else reference["unqualified"]

    @property
    def is_qualified(self) -> bool:
        """True for a version or an alias; the version that a data source finds by itself is not invoked."""
        match self.interface:
            case LambdaAlias() | DataAwsLambdaAlias():
                return True
            case DataAwsLambdaFunction() as data_source:
                return data_source.qualifier_input is not None
            case _:
                return False

    def companion(self, *, regional: bool = True) -> dict[str, Any]:
        """Return the `provider` and `region` for the resources that belong to the function."""
        return companion_of(self.interface, regional=regional)

    def region_in_arn(self) -> str | None:
        """Return the region in the ARN that a data source or an alias gives as the function's name."""
        reference = FUNCTION_REFERENCE.fullmatch(str(self.interface.function_name_input))
        return None if reference is None else reference["region"]

    def statements(self, *, scope: Construct) -> Iterator[Statement]:  # noqa: ARG002  # the signature of NewFunction's
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

    def dependables(self, stack: TerraformStack) -> list[ITerraformDependable]:
        """Return what the mapping depends on; nothing for a function of another stack.

        cdktf would write an attribute of that stack's state there, which Terraform refuses in `depends_on`.
        """
        is_in_stack = self.created is not None or TerraformStack.of(self.interface) is stack
        return [self.interface] if is_in_stack else []

    @property
    def arn_to_invoke(self) -> str:
        """The ARN that the mapping names: the one of an alias, or with the qualifier of a data source that has one."""
        if isinstance(self.interface, DataAwsLambdaFunction) and self.interface.qualifier_input is not None:
            return self.interface.qualified_arn
        return self.interface.arn if self.created is None else refer_to(self.created, "arn")


def defaults(path: str, runtime: object) -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_function`; some of them depend on the runtime."""
    arguments: dict[str, Any] = {
        "function_name": unique_name(path, FUNCTION_NAME),
        "tracing_config": {"mode": "Active"},
    }
    if _has_connection_reuse_variable(runtime):
        arguments["environment"] = {"variables": StringMap(AWS_NODEJS_CONNECTION_REUSE_ENABLED="1")}
    return arguments


def block_of(arguments: Arguments, name: str) -> Arguments:
    """Return a block of the arguments; empty if there is none, or if it is an expression."""
    block = arguments.get(name)
    return block if isinstance(block, dict) else {}


def input_block_of(existing: LambdaFunction, name: str) -> Arguments:
    """Return a block that was given to a function of the app; empty if there is none, or if it is an expression."""
    given = values_of(getattr(existing, f"{name}_input"))
    return dict(given) if isinstance(given, Mapping) else {}


def check_function(
    *, path: str, stack: TerraformStack, existing: ExistingFunction | None, props: object, mistakes: Mistakes
) -> NewFunction | GivenFunction:
    """Return the function to use; add a mistake for each wrong input. Pack the code of a new function.

    Args:
        path: The construct's path.
        stack: The stack, whose output folder a relative `filename` belongs to.
        existing: The user's ``existing_lambda_obj``.
        props: The user's ``lambda_function_props``.
        mistakes: The collector of mistakes.
    """
    if existing is None:
        if props is None:
            mistakes.add(PROPS, None, f"the pattern needs a function; give {PROPS} or {EXISTING}")
            return NewFunction({}, None)
        return _check_new(path, stack, props, mistakes)
    if props is not None:
        mistakes.add(PROPS, props, f"configures a new function, but {EXISTING} gives one; remove one of the two")
    if not isinstance(existing, LambdaFunction | DataAwsLambdaFunction | LambdaAlias | DataAwsLambdaAlias):
        message = (
            "must be a LambdaFunction, a DataAwsLambdaFunction, a LambdaAlias or a DataAwsLambdaAlias of the provider"
        )
        mistakes.add(EXISTING, existing, message)
        return NewFunction({}, None)
    if isinstance(existing, DataAwsLambdaFunction):
        _check_data_source(existing, mistakes)
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


def warnings_of(function: NewFunction | GivenFunction, *, scope: Construct) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default of a new function that the props weaken, and for each other risk."""
    if isinstance(function, GivenFunction):
        return
    arguments = function.arguments
    mode = _tracing_mode(arguments)
    if mode != "Active" and not is_token(mode):
        yield _warning(
            "tracing_config", f"{PROPS}.tracing_config is not Active: X-Ray records no traces of the invocations."
        )
    if function.archive is None:
        yield from _warnings_of_code(arguments, scope)
    target = _dead_letter_target(arguments)
    if "dead_letter_config" in arguments and (target is None or _service_of(target, scope) not in DEAD_LETTER_ACTIONS):
        yield _warning(
            "dead_letter_config",
            f"{PROPS}.dead_letter_config has a target whose service could not be determined: grant the function's role "
            "permission to send to it.",
        )
    access_point = _access_point(arguments)
    if "file_system_config" in arguments and (
        access_point is None or _service_of(access_point, scope) != "elasticfilesystem"
    ):
        yield _warning(
            "file_system_config",
            f"{PROPS}.file_system_config has an access point that could not be recognized as one of EFS: grant the "
            "function's role permission to mount it.",
        )


def _warnings_of_code(arguments: Arguments, scope: Construct) -> Iterator[OverrideWarning]:
    """Yield a warning if Terraform does not see a change of the code, and so does not deploy it."""
    image = arguments.get("image_uri")
    if any(name in arguments for name in CODE_HASHES):
        return
    if image is not None:
        text = expression_of(image, scope) if is_token(image) else image
        # The end of an expression may be a digest that only Terraform knows.
        if not text.endswith("}") and not IMAGE_DIGEST.search(text):
            yield _warning(
                "image_uri",
                f"{PROPS}.image_uri = {text} has no digest: a new image with the same tag is not deployed. Name the "
                "image by its digest, …@sha256:….",
            )
    elif ASSET_PATH.fullmatch(str(arguments.get("filename"))):
        pass
    elif "filename" in arguments:
        yield _warning(
            "source_code_hash",
            f"{PROPS}.filename has no source_code_hash, and the file was not there when the app was synthesized: new "
            "code in the same file is not deployed. Add source_code_hash=Fn.filebase64sha256(…), or use "
            "code=Code.from_asset(…).",
        )
    elif "s3_object_version" not in arguments:
        yield _warning(
            "source_code_hash",
            f"{PROPS}.s3_key has no s3_object_version and no source_code_hash: a new object with the same key is not "
            "deployed. Add one of the two.",
        )


def _warning(id: FunctionWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _has_connection_reuse_variable(runtime: object) -> bool:
    """Return whether the runtime is Node.js 10 or later, whose SDK reuses connections if a variable is set."""
    if not isinstance(runtime, str) or is_token(runtime):
        return False
    name, _, version = runtime.removesuffix(".x").partition("nodejs")
    return name == "" and version.isdecimal() and int(version) >= 10


def _check_new(path: str, stack: TerraformStack, props: object, mistakes: Mistakes) -> NewFunction:
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
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    _check_values(arguments, mistakes)
    _check_arns(arguments, mistakes)
    _check_variables(arguments, mistakes)
    _check_combinations(arguments, mistakes)
    code = arguments.pop("code", None)
    sources = _check_code_source(arguments, code, mistakes)
    archive = _pack(code, arguments, mistakes) if isinstance(code, Code) else None
    _check_package_type(arguments, sources, mistakes)
    _add_source_code_hash(arguments, stack, mistakes)
    return NewFunction(arguments, archive)


def _check_values(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for each value that is none of the ones that Lambda or the provider accepts."""
    logging, architectures = block_of(arguments, "logging_config"), arguments.get("architectures")
    choices = {
        "tracing_config.mode": (TRACING_MODES, _tracing_mode(arguments)),
        "package_type": (PACKAGE_TYPES, arguments.get("package_type")),
        "publish_to": (PUBLISH_TO, arguments.get("publish_to")),
        "snap_start.apply_on": (SNAP_START_APPLIES_ON, block_of(arguments, "snap_start").get("apply_on")),
        "logging_config.log_format": (LOG_FORMATS, logging.get("log_format")),
        "logging_config.application_log_level": (APPLICATION_LOG_LEVELS, logging.get("application_log_level")),
        "logging_config.system_log_level": (SYSTEM_LOG_LEVELS, logging.get("system_log_level")),
    }
    if isinstance(architectures, list) and not is_token(architectures):
        for number, architecture in enumerate(architectures):
            choices[f"architectures[{number}]"] = (tuple(ARCHITECTURES), architecture)
        if len(architectures) != 1:
            message = 'a function has one architecture; write ["x86_64"] or ["arm64"]'
            mistakes.add(f"{PROPS}.architectures", architectures, message)
    for name, (allowed, value) in choices.items():
        check_choice(allowed, value=value, property=f"{PROPS}.{name}", mistakes=mistakes)
    check_ranges(
        {"size": EPHEMERAL_STORAGE},
        arguments=block_of(arguments, "ephemeral_storage"),
        property=f"{PROPS}.ephemeral_storage",
        mistakes=mistakes,
    )
    concurrency = arguments.get("reserved_concurrent_executions", -1)
    if not is_token(concurrency) and concurrency < -1:
        property = f"{PROPS}.reserved_concurrent_executions"
        mistakes.add(property, concurrency, "must be 0 or more executions, or -1 for no reservation")
    layers = arguments.get("layers", [])
    if not is_token(layers) and len(layers) > MAX_LAYERS:
        mistakes.add(f"{PROPS}.layers", f"{len(layers)} layers", f"a function has at most {MAX_LAYERS}; combine some")
    mount_path = block_of(arguments, "file_system_config").get("local_mount_path")
    if isinstance(mount_path, str) and not is_token(mount_path) and not re.fullmatch(LOCAL_MOUNT_PATH, mount_path):
        message = "must be a folder directly in /mnt, such as /mnt/orders"
        mistakes.add(f"{PROPS}.file_system_config.local_mount_path", mount_path, message)
    target = _dead_letter_target(arguments)
    if target is not None and not is_token(target) and not re.match(r"arn:[\w-]+:(sqs|sns):", target):
        message = "must be the ARN of an SQS queue or an SNS topic"
        mistakes.add(f"{PROPS}.dead_letter_config.target_arn", target, message)


def _check_arns(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for each name that is given where the provider accepts only an ARN."""
    layers = arguments.get("layers", [])
    given = {name: arguments.get(name) for name in ("role", "kms_key_arn", "code_signing_config_arn")}
    given |= {f"layers[{number}]": layer for number, layer in enumerate([] if is_token(layers) else layers)}
    for name, value in given.items():
        if isinstance(value, str) and not is_token(value) and not value.startswith("arn:"):
            mistakes.add(f"{PROPS}.{name}", value, "must be an ARN, such as the attribute arn of the resource")


def _check_variables(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for each environment variable that Lambda refuses."""
    variables = block_of(arguments, "environment").get("variables", {})
    for name in () if is_token(variables) else variables:
        if not isinstance(name, str) or is_token(name):
            continue
        property = f"{PROPS}.environment.variables[{name!r}]"
        if name in RESERVED_ENVIRONMENT_VARIABLES:
            mistakes.add(property, variables[name], "Lambda reserves this name and sets it; choose another one")
        elif not re.fullmatch(ENVIRONMENT_VARIABLE_NAME, name):
            message = "a name has two or more letters, digits and underscores, and starts with a letter; rename it"
            mistakes.add(property, variables[name], message)


def _check_combinations(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for each argument that does not apply with or without another one."""
    if "file_system_config" in arguments and "vpc_config" not in arguments:
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html
        message = "the function reaches the file system through its VPC; add vpc_config"
        mistakes.add(f"{PROPS}.file_system_config", arguments["file_system_config"], message)
    if "replacement_security_group_ids" in arguments and "replace_security_groups_on_destroy" not in arguments:
        property = f"{PROPS}.replacement_security_group_ids"
        message = "applies only with replace_security_groups_on_destroy=True; add it"
        mistakes.add(property, arguments["replacement_security_group_ids"], message)
    if "s3_object_version" in arguments and "s3_bucket" not in arguments:
        message = "applies only to code in S3; remove it, or use s3_bucket and s3_key"
        mistakes.add(f"{PROPS}.s3_object_version", arguments["s3_object_version"], message)
    if {"source_kms_key_arn", "image_uri"} <= arguments.keys():
        message = "encrypts a zip archive, and a container image has the key of its repository; remove it"
        mistakes.add(f"{PROPS}.source_kms_key_arn", arguments["source_kms_key_arn"], message)
    digest = arguments.get("code_sha256")
    if (
        isinstance(digest, str)
        and not is_token(digest)
        and "image_uri" not in arguments
        and not (SHA256_IN_BASE64.fullmatch(digest))
    ):
        # Lambda reports the hash in base64, so that every plan would have a change.
        message = "must be the SHA-256 of the archive in base64, such as Fn.filebase64sha256(…)"
        mistakes.add(f"{PROPS}.code_sha256", digest, message)
    logging = block_of(arguments, "logging_config")
    for name in ("application_log_level", "system_log_level"):
        # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
        if name in logging and logging.get("log_format") == "Text":
            message = 'Lambda filters only logs in JSON; set log_format="JSON", or remove it'
            mistakes.add(f"{PROPS}.logging_config.{name}", logging[name], message)


def _check_data_source(existing: DataAwsLambdaFunction, mistakes: Mistakes) -> None:
    """Add a mistake if the name has a qualifier: the mapping would name the function without it."""
    name = str(existing.function_name_input)
    reference = None if is_token(name) else FUNCTION_REFERENCE.fullmatch(name)
    qualifier = None if reference is None else reference["qualifier"]
    if reference is not None and qualifier is not None and existing.qualifier_input != qualifier:
        message = (
            f'has a version or alias; write function_name="{reference["unqualified"]}", qualifier="{qualifier}" in the '
            "data source"
        )
        mistakes.add(f"{EXISTING}.function_name", name, message)


def _role_of_aliased_function(alias: LambdaAlias | DataAwsLambdaAlias) -> str | None:
    """Return the role of the function that an alias refers to by an attribute; None if it is given by name.

    A data source would be read before a function of the app exists.
    """
    name = str(alias.function_name_input)
    attribute = FUNCTION_ATTRIBUTE.fullmatch(expression_of(name, alias)) if is_token(name) else None
    if attribute is None:
        return None
    # The alias's stack comes first: another stack can have a function with the same address.
    for scope in (TerraformStack.of(alias), alias.node.root):
        for element in scope.node.find_all():
            if isinstance(element, LambdaFunction | DataAwsLambdaFunction) and _address_of(element) == attribute[1]:
                return element.role
    return f"${{{attribute[1]}.role}}"


def _address_of(element: LambdaFunction | DataAwsLambdaFunction) -> str:
    return f"data.{address_of(element)}" if isinstance(element, DataAwsLambdaFunction) else address_of(element)


def _tracing_mode(arguments: Arguments) -> Any:
    tracing = arguments.get("tracing_config", {})
    return tracing if is_token(tracing) else tracing.get("mode")


def _dead_letter_target(arguments: Arguments) -> str | None:
    target: str | None = block_of(arguments, "dead_letter_config").get("target_arn")
    return target


def _look_up_dead_letter_key(scope: Construct, target: str) -> str | None:
    """Return the customer managed key of a queue or topic of the stack; look it up if it is not given by its ARN."""
    property = f"{PROPS}.dead_letter_config"
    destination = take_destination(
        scope=scope, arn=target, id="dead-letter-key", suffix="dead_letter_target", property=property
    )
    return destination.kms_key_arn


def _access_point(arguments: Arguments) -> str | None:
    arn: str | None = block_of(arguments, "file_system_config").get("arn")
    return arn


def _service_of(arn: str, scope: Construct) -> str | None:
    """Return the service in an ARN, also of an attribute of a queue, a topic or an access point; None if unknown."""
    text = expression_of(arn, scope) if is_token(arn) else arn
    found = re.match(r"arn:[\w-]+:(\w+):|\$\{(?:data\.)?aws_(sqs_queue|sns_topic|efs_access_point)\.[\w-]+\.", text)
    if found is None:
        return None
    resources = {"sqs_queue": "sqs", "sns_topic": "sns", "efs_access_point": "elasticfilesystem"}
    return found[1] or resources[found[2]]


def _add_source_code_hash(arguments: Arguments, stack: TerraformStack, mistakes: Mistakes) -> None:
    """Add the hash of the archive if it is there; add a mistake if an absolute path leads to no archive.

    Terraform reads a relative path from the stack's output folder, which may be filled later.
    """
    filename = arguments.get("filename")
    if filename is None or is_token(filename):
        return
    file, property = _path_in_output(stack) / filename, f"{PROPS}.filename"
    try:
        if not any(name in arguments for name in CODE_HASHES) and file.is_file():
            digest = hashlib.sha256(file.read_bytes()).digest()
            arguments["source_code_hash"] = base64.b64encode(digest).decode()
    except OSError as error:
        mistakes.add(property, filename, f"cannot be read ({error.strerror}); make it readable")
    if file.is_dir():
        mistakes.add(property, filename, "is a directory; use code=Code.from_asset(…), which packs it")
    elif filename.startswith("/") and not file.exists():
        mistakes.add(property, filename, "no such file; name the archive, or use code=Code.from_asset(…)")


def _path_in_output(stack: TerraformStack) -> Path:
    """Return the folder that Terraform runs in."""
    output: str = getattr(stack.node.root, "outdir", "")
    return Path(output) / "stacks" / stack.node.id


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
    return sources


def _pack(code: Code, arguments: Arguments, mistakes: Mistakes) -> Archive | None:
    """Pack the code; add a mistake if that fails."""
    for name in CODE_HASHES:
        if name in arguments:
            message = "the pattern computes the hash of code; remove it"
            mistakes.add(f"{PROPS}.{name}", arguments[name], message)
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
