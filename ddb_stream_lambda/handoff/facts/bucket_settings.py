"""The settings of a bucket, which are separate resources in Terraform."""

from __future__ import annotations

from collections.abc import Iterable

from ..synthesized.configuration import Resource
from ..synthesized.templates import sole_expression

PREFIX = "aws_s3_bucket_"


def settings_of(bucket: Resource, resources: Iterable[Resource]) -> list[Resource]:
    """Return the resources that are settings of a bucket; none for a resource of another type."""
    if bucket.type != "aws_s3_bucket":
        return []
    return [resource for resource in resources if resource.type.startswith(PREFIX) and _belongs_to(resource, bucket)]


def _belongs_to(setting: Resource, bucket: Resource) -> bool:
    value = setting.arguments.get("bucket")
    expression = sole_expression(value) if isinstance(value, str) else None
    return expression in {f"{bucket.address}.{attribute}" for attribute in ("id", "bucket")}
