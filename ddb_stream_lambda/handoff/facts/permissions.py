"""The permissions that the configuration grants: who may do what, under which condition.

Everything that is written in a form that can be read without Terraform is read. Everything else is named with its
address, so that a reader knows what to look up. No conclusion is drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Configuration, Resource
from .policy_documents import DOCUMENT_TYPE, Clause, Rule, UnreadablePolicyError, is_policy, read_policy

# The argument that names what a policy belongs to. The policy of any other type belongs to the resource itself.
OWNERS = {
    "aws_api_gateway_rest_api_policy": "rest_api_id",
    "aws_backup_vault_policy": "backup_vault_name",
    "aws_cloudwatch_event_bus_policy": "event_bus_name",
    "aws_dynamodb_resource_policy": "resource_arn",
    "aws_ecr_repository_policy": "repository",
    "aws_efs_file_system_policy": "file_system_id",
    "aws_elasticsearch_domain_policy": "domain_name",
    "aws_iam_group_policy": "group",
    "aws_iam_role_policy": "role",
    "aws_iam_user_policy": "user",
    "aws_kinesis_resource_policy": "resource_arn",
    "aws_kms_key_policy": "key_id",
    "aws_opensearch_domain_policy": "domain_name",
    "aws_s3_bucket_policy": "bucket",
    "aws_secretsmanager_secret_policy": "secret_arn",
    "aws_ses_identity_policy": "identity",
    "aws_sns_topic_policy": "arn",
    "aws_sqs_queue_policy": "queue_url",
    "aws_vpc_endpoint_policy": "vpc_endpoint_id",
}
# Types that attach a managed policy, with the arguments that name who gets it.
ATTACHMENTS = {
    "aws_iam_group_policy_attachment": ("group",),
    "aws_iam_policy_attachment": ("roles", "users", "groups"),
    "aws_iam_role_policy_attachment": ("role",),
    "aws_iam_user_policy_attachment": ("user",),
}
# Arguments of a role, user or group with the ARNs of managed policies.
ARN_ARGUMENTS = ("managed_policy_arns", "permissions_boundary")
# Types that grant something in another form, which is not read.
OTHER_GRANTS = frozenset(
    {
        "aws_cloudwatch_event_permission",
        "aws_iam_role_policies_exclusive",
        "aws_iam_role_policy_attachments_exclusive",
        "aws_kms_grant",
        "aws_lakeformation_permissions",
        "aws_lambda_layer_version_permission",
        "aws_opensearchserverless_access_policy",
        "aws_organizations_policy",
        "aws_ram_principal_association",
        "aws_ram_resource_association",
        "aws_s3_bucket_acl",
        "aws_s3_object_acl",
        "aws_ssoadmin_account_assignment",
        "aws_ssoadmin_managed_policy_attachment",
        "aws_vpc_endpoint_service_allowed_principal",
    }
)
# Arguments that hold a policy of IAM. An argument with such a name and no readable policy is named as not read.
POLICY_ARGUMENT = re.compile(r"(.*_)?(policy|policies|policy_document|policy_json|policy_text)")
# Arguments with such a name that hold something else.
OTHER_POLICIES = re.compile(
    r"(redrive|redrive_allow|delivery|lifecycle|scaling|retry|update|removal|password|restart|backoff|archive|delete)_policy"
    r"|.*_(scaling|retention|routing|eviction|dead_letter|origin_request|cache|response_headers)_policy"
)
# In these types, an argument with such a name is no policy of IAM.
OTHER_TYPES = re.compile(
    r"aws_(appautoscaling|autoscaling|autoscalingplans|ecr_lifecycle|dlm|lb|elb|load_balancer|wafv2)_?.*"
)
ROLE_ARGUMENT = re.compile(r"(.*_)?role(_arn|_name)?")
ROLE_REFERENCE = re.compile(r"(aws_iam_role\.[\w-]+)(\[[^\]]*\])?\.(arn|name|id|unique_id)")
REFERENCE = re.compile(r"(aws_[\w]+\.[\w-]+)(\[[^\]]*\])?\.(\w+)")


@dataclass(frozen=True)
class Statement:
    """A statement of a policy.

    Attributes:
        owner: the role or the resource that the policy belongs to: an address, or a template.
        source: the address where the policy is written.
        rule: the statement.
    """

    owner: str
    source: str
    rule: Rule


@dataclass(frozen=True)
class Attachment:
    """A managed policy of a role, user or group.

    Attributes:
        owner: who has the policy: an address, or a template.
        policy: the policy: the address of a policy of the stack, or the template of an ARN.
        source: the address where the policy is attached.
    """

    owner: str
    policy: str
    source: str


@dataclass(frozen=True)
class Unread:
    """Something that grants permissions, or may grant them, and that was not read.

    Attributes:
        address: the address, with the argument.
        reason: the reason, as the end of the sentence "It was not read: …".
    """

    address: str
    reason: str


@dataclass(frozen=True)
class Permissions:
    """The permissions in a configuration.

    Attributes:
        statements: the statements of all policies that were read.
        attachments: the attached managed policies.
        unread: what was not read.
    """

    statements: tuple[Statement, ...]
    attachments: tuple[Attachment, ...]
    unread: tuple[Unread, ...]


def read_permissions(configuration: Configuration) -> Permissions:
    """Read the permissions that the resources of a configuration grant."""
    reader = _Reader(configuration)
    for resource in configuration.resources:
        reader.read(resource)
    unread = [*reader.unread, *_unread_elsewhere(configuration)]
    return Permissions(tuple(reader.statements), tuple(reader.attachments), tuple(dict.fromkeys(unread)))


class _Reader:
    def __init__(self, configuration: Configuration) -> None:
        self._documents = {
            source.address: source for source in configuration.data_sources if source.type == DOCUMENT_TYPE
        }
        self._addresses = {resource.address for resource in configuration.resources}
        self.statements: list[Statement] = []
        self.attachments: list[Attachment] = []
        self.unread: list[Unread] = []

    def read(self, resource: Resource) -> None:
        """Read what a resource grants."""
        if not resource.type.startswith("aws_"):
            return
        if resource.type in OTHER_GRANTS:
            self.unread.append(Unread(resource.address, "it grants permissions in another form than a policy"))
        if resource.type == "aws_lambda_permission":
            self.statements.append(self._function_permission(resource))
        if resource.type in ATTACHMENTS:
            self._read_attachment(resource)
        if resource.type == "aws_kms_key" and not resource.arguments.get("policy"):
            self.unread.append(
                Unread(f"{resource.address}.policy", "it is not set, so AWS sets its default key policy")
            )
        for path, name, value in _leaves(resource.arguments):
            self._read_argument(resource, path, name, value)

    def _read_argument(self, resource: Resource, path: str, name: str, value: Any) -> None:
        address = f"{resource.address}.{path}"
        if name in ARN_ARGUMENTS:
            self.attachments.append(Attachment(resource.address, self._shown(value), address))
            self._check_managed(value, address)
        elif is_policy(value) or self._must_be_policy(resource, name, value):
            owner = self._shown(resource.arguments.get(OWNERS.get(resource.type, ""), resource.address))
            try:
                rules = read_policy(value, self._documents)
            except UnreadablePolicyError as error:
                self.unread.append(Unread(address, str(error)))
            else:
                self.statements += [Statement(owner, address, rule) for rule in rules]
        elif ROLE_ARGUMENT.fullmatch(name) and self._is_other_role(resource, value):
            self.unread.append(Unread(address, "the role is not in this stack, so its policies are not here"))

    def _must_be_policy(self, resource: Resource, name: str, value: Any) -> bool:
        if not isinstance(value, str) or OTHER_TYPES.fullmatch(resource.type):
            return False
        if not POLICY_ARGUMENT.fullmatch(name) or OTHER_POLICIES.fullmatch(name):
            return False
        # A plain word, such as the name of a predefined policy, is no policy document.
        return bool(templates.expressions_of(value)) or value.lstrip().startswith(("{", "["))

    def _is_other_role(self, resource: Resource, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        is_name = resource.type.startswith("aws_iam_")
        if not (is_name or ":role/" in value or templates.expressions_of(value)):
            # A word such as "ADMIN" is no role of IAM.
            return False
        match = ROLE_REFERENCE.fullmatch(templates.sole_expression(value) or "")
        return not (match and match[1] in self._addresses)

    def _read_attachment(self, resource: Resource) -> None:
        address = f"{resource.address}.policy_arn"
        arn = resource.arguments.get("policy_arn", "")
        for argument in ATTACHMENTS[resource.type]:
            owners = resource.arguments.get(argument) or []
            for owner in owners if isinstance(owners, list) else [owners]:
                self.attachments.append(Attachment(self._shown(owner), self._shown(arn), resource.address))
        self._check_managed(arn, address)

    def _check_managed(self, arn: Any, address: str) -> None:
        match = REFERENCE.fullmatch(templates.sole_expression(arn) or "") if isinstance(arn, str) else None
        if match and match[1] in self._addresses:
            return
        is_of_aws = isinstance(arn, str) and re.search(r":iam::aws:policy/", arn)
        reason = (
            "the statements of a policy that AWS manages are not in the stack, and AWS changes them"
            if is_of_aws
            else "the policy is not in this stack"
        )
        self.unread.append(Unread(address, reason))

    def _function_permission(self, resource: Resource) -> Statement:
        arguments = resource.arguments
        conditions = {
            "ArnLike": {"AWS:SourceArn": arguments.get("source_arn")},
            "StringEquals": {
                "AWS:SourceAccount": arguments.get("source_account"),
                "aws:PrincipalOrgID": arguments.get("principal_org_id"),
                "lambda:EventSourceToken": arguments.get("event_source_token"),
                "lambda:FunctionUrlAuthType": arguments.get("function_url_auth_type"),
            },
        }
        given = {test: {name: value for name, value in of.items() if value} for test, of in conditions.items()}
        given = {test: of for test, of in given.items() if of}
        rule = Rule(
            sid=str(arguments.get("statement_id") or ""),
            effect="Allow",
            principals=Clause((str(arguments.get("principal", "")),)),
            actions=Clause((str(arguments.get("action", "")),)),
            resources=Clause((str(arguments.get("function_name", "")),)),
            condition=json.dumps(given, ensure_ascii=False) if given else "",
        )
        return Statement(self._shown(arguments.get("function_name", "")), resource.address, rule)

    def _shown(self, value: Any) -> str:
        """Return the address of a resource of the stack that a template refers to; any other value as text."""
        text = value if isinstance(value, str) else json.dumps(value)
        match = REFERENCE.fullmatch(templates.sole_expression(text) or "")
        return match[1] if match and match[1] in self._addresses else text


def _unread_elsewhere(configuration: Configuration) -> Iterator[Unread]:
    """Yield the modules, and the resources of other providers than AWS's."""
    for name in sorted(configuration.blocks.get("module", {})):
        yield Unread(f"module.{name}", "the resources of a module are not in this configuration")
    others = (resource for resource in configuration.resources if not resource.type.startswith("aws_"))
    for type in sorted({resource.type for resource in others} - {"terraform_data"}):
        provider = type.split("_")[0]
        yield Unread(f"{type}.*", f"only permissions of AWS are read, not those of the provider {provider}")


def _leaves(value: Any, path: str = "", name: str = "") -> Iterator[tuple[str, str, Any]]:
    """Yield the path, the argument's name and the value of each value that is not a block, a map or a list."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key, key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]", name)
    elif value is not None:
        yield path, name, value
