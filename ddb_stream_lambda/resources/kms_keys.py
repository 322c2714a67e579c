"""Customer managed keys: IAM accepts only a key's own ARN, and users give its ARN, id or alias."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.data_aws_kms_key import DataAwsKmsKey
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import expression_of, is_token

KEY_ARN = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+")
# The provider accepts any ARN as a table's key, also the one of an alias, which is looked up for IAM.
ARN_OF_KMS = re.compile(r"arn:[\w-]+:kms:[\w-]+:\d{12}:(key/[\w-]+|alias/[\w/-]+)")
# Expressions that are always a key's ARN. An alias has an ARN too, but IAM does not accept it for a key.
KEY_ARN_EXPRESSION = re.compile(
    r"\$\{(data\.)?(aws_kms_(replica_|external_)?key\.[\w-]+\.arn|aws_kms_alias\.[\w-]+\.target_key_arn)\}"
)


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
