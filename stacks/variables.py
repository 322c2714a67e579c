"""The settings of the sample app that an operations team decides: Terraform variables with a check and a default."""

from __future__ import annotations

from typing import Any

from cdktf import IResolvable, TerraformStack, TerraformVariable

SECONDS_PER_DAY = 24 * 60 * 60
# CloudWatch Logs API Reference, PutRetentionPolicy. The provider uses 0 for logs that never expire.
LOG_RETENTION_IN_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


class SampleVariables:
    """The variables of the sample stack, as values for the arguments of its resources.

    Attributes:
        region: the region of all resources.
        name_prefix: the prefix of all names. It differs in each environment.
        search_endpoint: the URL of the search domain.
        index: the name of the index, or a template in which {table} is the table's name.
        batch_size: the maximum number of records for one invocation.
        log_retention_in_days: the number of days for which logs are kept.
        queue_retention_in_seconds: the number of seconds for which the dead-letter queue keeps messages.
        table_deletion_protection: whether DynamoDB refuses to delete the table.
        alarm_actions: the ARNs that alarms notify.
    """

    def __init__(self, stack: TerraformStack) -> None:
        self.region: str = _variable(
            stack,
            "region",
            type="string",
            description="AWS region.",
            default="eu-west-1",
            condition='can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))',
            error="region must be an AWS region, such as eu-west-1.",
        ).string_value
        self.name_prefix: str = _variable(
            stack,
            "name_prefix",
            type="string",
            description="Prefix of all resource names. Use a different one for each environment, such as orders-dev.",
            default="sample",
            condition='can(regex("^[a-zA-Z0-9-]{1,40}$", var.name_prefix))',
            error="name_prefix must be 1 to 40 letters, digits and hyphens.",
        ).string_value
        self.search_endpoint: str = _variable(
            stack,
            "search_endpoint",
            type="string",
            description="URL of the OpenSearch or Elasticsearch domain.",
            condition='can(regex("^https://", var.search_endpoint))',
            error="search_endpoint must begin with https://.",
        ).string_value
        self.index: str = _variable(
            stack,
            "index",
            type="string",
            description=(
                "Name of the index or of an alias. {table} in it is replaced with the table's name in lower case. The "
                "function does not copy documents to another index."
            ),
            default="{table}",
            condition='can(regex("^([a-z0-9]|[{]table[}])([a-z0-9._-]|[{]table[}])*$", var.index))',
            error="index must be lower-case letters, digits, ., _ and -, and can contain {table}.",
        ).string_value
        self.batch_size: float = _variable(
            stack,
            "batch_size",
            type="number",
            description="Maximum number of records for one invocation of the function.",
            default=100,
            condition="var.batch_size >= 1 && var.batch_size <= 10000 && floor(var.batch_size) == var.batch_size",
            error="batch_size must be a whole number from 1 to 10000.",
        ).number_value
        self.log_retention_in_days: float = _variable(
            stack,
            "log_retention_in_days",
            type="number",
            description="Number of days for which the function's logs are kept. 0 keeps them forever.",
            default=365,
            condition=f"contains({list(LOG_RETENTION_IN_DAYS)}, var.log_retention_in_days)",
            error="log_retention_in_days must be a number of days that CloudWatch Logs accepts, such as 30 or 365.",
        ).number_value
        self.queue_retention_in_seconds: float = _variable(
            stack,
            "queue_retention_in_seconds",
            type="number",
            description="Number of seconds for which the dead-letter queue keeps messages about failed records.",
            default=14 * SECONDS_PER_DAY,
            condition="var.queue_retention_in_seconds >= 60 && var.queue_retention_in_seconds <= 1209600",
            error="queue_retention_in_seconds must be from 60 to 1209600 (14 days).",
        ).number_value
        self.table_deletion_protection: IResolvable = _variable(
            stack,
            "table_deletion_protection",
            type="bool",
            description=(
                "Whether DynamoDB refuses to delete the table. "
                "Terraform's prevent_destroy protects the table independently of this variable."
            ),
            default=True,
        ).boolean_value
        self.alarm_actions: list[str] = _variable(
            stack,
            "alarm_actions",
            type="list(string)",
            description="ARNs that the alarms notify, such as the ARN of an SNS topic.",
            default=[],
            condition='alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])',
            error="alarm_actions must be ARNs.",
        ).list_value


class DomainVariables:
    """The variable of a stack whose function signs its requests.

    Attributes:
        search_domain_arn: the ARN of the search domain.
    """

    def __init__(self, stack: TerraformStack) -> None:
        self.search_domain_arn: str = _variable(
            stack,
            "search_domain_arn",
            type="string",
            description="ARN of the same domain. The function's role may write to its indexes.",
            condition='can(regex("^arn:[a-z-]+:es:[a-z0-9-]+:[0-9]{12}:domain/[a-z0-9-]+$", var.search_domain_arn))',
            error="search_domain_arn must be arn:aws:es:<region>:<account>:domain/<name>.",
        ).string_value


class SecretVariables:
    """The variable of a stack whose function authenticates with a secret.

    Attributes:
        search_secret_arn: the ARN of the secret in Secrets Manager.
    """

    def __init__(self, stack: TerraformStack) -> None:
        # An ARN without the six characters at the end is not the one in the encryption context of the secret's key.
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
        self.search_secret_arn: str = _variable(
            stack,
            "search_secret_arn",
            type="string",
            description="Complete ARN of the Secrets Manager secret with the credentials for the search domain.",
            condition=(
                'can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[a-zA-Z0-9/_+=.@-]+-[a-zA-Z0-9]{6}$"'
                ", var.search_secret_arn))"
            ),
            error=(
                "search_secret_arn must be the complete ARN of a secret, with the six characters that Secrets Manager "
                "added to its name: arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>."
            ),
        ).string_value


class VpcVariables:
    """The variables of a stack whose function runs in a VPC.

    Attributes:
        subnet_ids: the ids of the function's subnets.
        security_group_ids: the ids of the function's security groups.
    """

    def __init__(self, stack: TerraformStack) -> None:
        self.subnet_ids: list[str] = _ids(
            stack,
            "subnet_ids",
            prefix="subnet",
            description="Ids of the subnets of the function, from which the search domain can be reached.",
        )
        self.security_group_ids: list[str] = _ids(
            stack,
            "security_group_ids",
            prefix="sg",
            description=(
                "Ids of the security groups of the function. The domain's security group must accept port 443 from one "
                "of them."
            ),
        )


def _ids(stack: TerraformStack, name: str, *, prefix: str, description: str) -> list[str]:
    """Add a required variable for the ids of EC2 resources, and return its value.

    Args:
        stack: the stack.
        name: the variable's name.
        prefix: the prefix of the ids.
        description: the variable's description.
    """
    condition = f'length(var.{name}) > 0 && alltrue([for id in var.{name} : can(regex("^{prefix}-[0-9a-f]+$", id))])'
    error = f"{name} must be at least one id, such as {prefix}-0123456789abcdef0."
    return _variable(
        stack, name, type="list(string)", description=description, condition=condition, error=error
    ).list_value


def _variable(
    stack: TerraformStack,
    name: str,
    *,
    type: str,
    description: str,
    default: Any = None,
    condition: str | None = None,
    error: str = "",
) -> TerraformVariable:
    """Add a variable to the stack.

    Args:
        stack: the stack.
        name: the variable's name.
        type: its type in Terraform.
        description: its description.
        default: its default, or None for a required variable.
        condition: the condition that its value must meet, as a Terraform expression.
        error: the error message for a value that does not meet the condition.
    """
    variable = TerraformVariable(stack, name, type=type, description=description, default=default, nullable=False)
    if condition is not None:
        variable.add_validation(condition=f"${{{condition}}}", error_message=error)
    return variable
