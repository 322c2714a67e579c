"""The grants: what the function's role may do for this pattern, in one inline policy, and nothing wider."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Required, TypedDict

from cdktf import Fn
from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from .._engine import tokens
from .._engine.creation import create
from ..arguments.conforming import check_choice, check_present, conform, merge
from ..errors import Mistakes
from ..limits import EFFECTS
from . import defaults

Statement = dict[str, Any]

STATEMENTS = "lambda_role_statements"


class RoleStatement(TypedDict, total=False):
    """A statement of the function's own, beside the pattern's grants, in the words of IAM's policy language.

    Attributes:
        Sid: its name, of letters and digits, unique in the policy. Default: none.
        Effect: ``Allow`` or ``Deny``. Default: ``Allow``.
        Action: one action, such as ``es:ESHttpPost``, or several. Required.
        Resource: one ARN, or several. Required.
        Condition: operator to condition key to value or values. Default: none.
    """

    Sid: str
    Effect: str
    Action: Required[str | Sequence[str]]
    Resource: Required[str | Sequence[str]]
    Condition: Mapping[str, Mapping[str, str | Sequence[str]]]


ASSUME_ROLE_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)

KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
# Expressions that are a key's ARN for certain; an alias has an ARN too, which IAM takes for no key.
KEY_ARN_EXPRESSION = re.compile(
    r"\$\{(data\.)?(aws_kms_(replica_|external_)?key\.[\w-]+\.arn|aws_kms_alias\.[\w-]+\.target_key_arn)\}"
)

# The names of the pattern's own statements.
OWN_SIDS = (
    "ListStreams",
    "ReadStream",
    "DecryptStream",
    "SendFailedBatches",
    "EncryptFailedBatches",
    "WriteLogs",
    "SendTraces",
    "JoinVpc",
)

# A custom failure destination: its service, as its ARN or its Terraform type tells it, and what Lambda does there.
SEND_ACTIONS = {
    "sqs": ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
    "sns": ["sns:Publish"],
    "s3": ["s3:PutObject", "s3:ListBucket"],
}


@dataclass(frozen=True)
class Grants:
    """What the role is to be allowed; each part that does not apply is None or False.

    Attributes:
        stream_arn: the stream to read.
        table_kms_key_arn: the table's customer managed key.
        destination_arn: the dead-letter queue, or a failure destination of the user's own.
        send_actions: what Lambda does there.
        destination_kms_key_arn: the queue's customer managed key.
        log_group_arn: the function's log group.
        traces: whether the function sends traces to X-Ray.
        joins_vpc: whether the function has network interfaces in a VPC.
        own: the statements that the user adds.
    """

    stream_arn: str
    table_kms_key_arn: str | None = None
    destination_arn: str | None = None
    send_actions: Sequence[str] | None = None
    destination_kms_key_arn: str | None = None
    log_group_arn: str | None = None
    traces: bool = False
    joins_vpc: bool = False
    own: Sequence[Statement] = ()

    def statements(self) -> Iterator[Statement]:
        """The policy's statements, in the order of the data flow."""
        # IAM knows no resource for ListStreams (Service Authorization Reference, Amazon DynamoDB).
        yield _allow("ListStreams", ["dynamodb:ListStreams"], "*")
        read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        yield _allow("ReadStream", read, self.stream_arn)
        if self.table_kms_key_arn is not None:
            decrypt = ["kms:Decrypt", "kms:DescribeKey"]
            yield _allow("DecryptStream", decrypt, self.table_kms_key_arn)
        if self.destination_arn is not None and self.send_actions is not None:
            # A bucket is listed, and its objects are put.
            arn = self.destination_arn
            resource = [arn, f"{arn}/*"] if "s3:PutObject" in self.send_actions else arn
            yield _allow("SendFailedBatches", self.send_actions, resource)
        if self.destination_kms_key_arn is not None:
            encrypt = ["kms:Decrypt", "kms:GenerateDataKey*"]
            yield _allow("EncryptFailedBatches", encrypt, self.destination_kms_key_arn)
        if self.log_group_arn is not None:
            write = ["logs:CreateLogStream", "logs:PutLogEvents"]
            yield _allow("WriteLogs", write, f"{self.log_group_arn}:*")
        if self.traces:
            trace = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
            yield _allow("SendTraces", trace, "*")
        if self.joins_vpc:
            # AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC".
            interfaces = [
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            ]
            yield _allow("JoinVpc", interfaces, "*")
        yield from self.own


def check_statements(given: object, existing_function: object, mistakes: Mistakes) -> list[Statement]:
    """The statements that the user adds; what is wrong with them is noted."""
    if given is None:
        return []
    if existing_function is not None:
        remedy = "existing_lambda_obj has a role of its own; add the statements there"
        mistakes.add(STATEMENTS, given, remedy)
    if not isinstance(given, list | tuple):
        mistakes.add(STATEMENTS, given, "must be a list of statements, each a mapping of Action, Resource and the like")
        return []
    statements: list[Statement] = []
    for place, item in enumerate(given):
        at = f"{STATEMENTS}[{place}]"
        statement = {"Effect": "Allow"} | merge({}, conform(RoleStatement, item, at, mistakes))
        check_present(("Action", "Resource"), statement, at, mistakes)
        for key, value in item.items() if isinstance(item, Mapping) else ():
            if tokens.is_token(value) and not isinstance(value, str):
                remedy = "a list or map that Terraform knows later cannot stand in a policy's text; name each value"
                mistakes.add(f"{at}.{key}", value, remedy)
            elif isinstance(value, list | tuple) and not value:
                mistakes.add(f"{at}.{key}", value, "must name one at least")
        check_choice(EFFECTS, statement["Effect"], f"{at}.Effect", mistakes)
        sid = statement.get("Sid")
        taken = (*OWN_SIDS, *(earlier.get("Sid") for earlier in statements))
        if sid is not None and (sid in taken or not re.fullmatch("[A-Za-z0-9]+", sid)):
            remedy = "must be letters and digits, and no name of another statement; choose another, or none"
            mistakes.add(f"{at}.Sid", sid, remedy)
        statements.append(statement)
    return statements


def build_policy(
    scope: Construct, path: str, role_name: str, grants: Grants, beside: Mapping[str, Any]
) -> IamRolePolicy:
    """The inline policy on the role, by the function's own provider."""
    document = {"Version": "2012-10-17", "Statement": list(grants.statements())}
    arguments = {**defaults.role_policy(path), "role": role_name, "policy": json.dumps(document), **beside}
    return create(IamRolePolicy, scope, "role-policy", arguments)


def role_name_of(role_arn: str) -> str:
    """The name in a role's ARN: what follows the last slash, also for a role under a path."""
    return Fn.basename(role_arn) if tokens.is_token(role_arn) else role_arn.rsplit("/", 1)[-1]


def kms_key_arn_of(scope: Construct, id: str, key: str, beside: Mapping[str, Any]) -> str:
    """The ARN of a key that is given by its ARN, id or alias; a policy takes nothing but the key's own ARN.

    Args:
        scope: the pattern.
        id: the construct id of the data source that looks the key up, where that is needed.
        key: the key, as the user gives it.
        beside: the `provider` and `region` of the resource that the key is for.
    """
    says = tokens.expression_of(key, scope) if tokens.is_token(key) else key
    if KEY_ARN.fullmatch(says) or KEY_ARN_EXPRESSION.fullmatch(says):
        return key
    return create(DataAwsKmsKey, scope, id, {"key_id": key, **beside}).arn


def send_actions_for(destination_arn: str, scope: Construct) -> Sequence[str] | None:
    """What Lambda does at a failure destination; None where its service cannot be told."""
    says = destination_arn
    if tokens.is_token(destination_arn):
        says = tokens.expression_of(destination_arn, scope)
    service = re.match(r"arn:[\w-]+:(\w+):|\$\{(?:data\.)?aws_(sqs|sns|s3)_", says)
    return SEND_ACTIONS.get(service[1] or service[2]) if service else None


def _allow(sid: str, actions: Sequence[str], resource: str | list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
