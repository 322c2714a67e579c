"""Customer managed keys: IAM accepts only a key's own ARN, and users give its ARN, id or alias."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import expression_of, is_token
from ..errors import Mistakes

KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
# The provider accepts any ARN as a table's key, also the one of an alias, which is looked up for IAM.
ARN_OF_KMS = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key/[\w-]+|alias/[\w/-]+)")
# Expressions that are always a key's ARN. An alias has an ARN too, but IAM does not accept it for a key.
KEY_ARN_EXPRESSION = re.compile(
    r"\$\{(data\.)?(aws_kms_(replica_|external_)?key\.[\w-]+\.arn|aws_kms_alias\.[\w-]+\.target_key_arn)\}"
)
# Every form of a key: its id or alias, each also as an ARN. https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
KEY = re.compile(
    r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key/[\w-]+|alias/[\w/-]+)|alias/[\w/-]+"
    r"|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|mrk-[0-9a-fA-F]{32}"
)
# A key that AWS manages for one of its services. Its policy allows its use only through that service.
KEY_OF_AWS = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/aws/(?P<service>[\w/-]+)")


def check_key(key: object, *, service: str, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for text that names no key, or a key that AWS manages for another service.

    Args:
        key: The key, as the user gives it.
        service: The service of the resource that the key encrypts, such as ``sqs``.
        property: The input that names the key.
        mistakes: The collector of mistakes.
    """
    if not isinstance(key, str) or is_token(key):
        return
    of_aws = KEY_OF_AWS.fullmatch(key)
    if of_aws is not None and of_aws["service"] != service:
        message = (
            f"AWS manages this key for another service, and its policy allows no use by {service}; give a customer "
            f"managed key, or alias/aws/{service}"
        )
        mistakes.add(property, key, message)
    elif not KEY.fullmatch(key):
        message = (
            "must be a key's ARN (arn:aws:kms:<region>:<account>:key/<id>), its id, or its alias (alias/<name>); give "
            "one of these"
        )
        mistakes.add(property, key, message)


def look_up_key(*, scope: Construct, id: str, suffix: str, key: str, companion: Mapping[str, Any]) -> str:
    """Return a key's ARN; create a data source that looks it up, unless the key is given by its ARN.

    Args:
        scope: The pattern.
        id: The construct id of the data source.
        suffix: The end of its address: what the key encrypts.
        key: The key, as the user gives it: its ARN, id or alias.
        companion: The `provider` and `region` of the resource that the key encrypts.
    """
    text = expression_of(key, scope) if is_token(key) else key
    if KEY_ARN.fullmatch(text) or KEY_ARN_EXPRESSION.fullmatch(text):
        return key
    return create(DataAwsKmsKey, scope=scope, id=id, suffix=suffix, arguments={"key_id": key, **companion}).arn
