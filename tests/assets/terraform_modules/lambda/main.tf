variable "function_name" {}
variable "runtime" {}
variable "handler" {}
variable "create_package" {}
variable "local_existing_package" {}
variable "tracing_mode" {}
variable "attach_tracing_policy" {}
variable "attach_policy_statements" {}
variable "policy_statements" {}
variable "event_source_mapping" {}

locals {
  trust = {
    Effect    = "Allow"
    Action    = "sts:AssumeRole"
    Principal = { Service = "lambda.amazonaws.com" }
  }
  logs    = { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "*" }
  tracing = { Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource = "*" }
  inline = [
    for statement in values(var.policy_statements) :
    { Effect = "Allow", Action = statement.actions, Resource = statement.resources }
  ]
}

resource "aws_iam_role" "lambda" {
  count = 1

  name               = var.function_name
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [local.trust] })
}

resource "aws_iam_role_policy" "logs" {
  count = 1

  name   = "${var.function_name}-logs"
  role   = aws_iam_role.lambda[0].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.logs] })
}

resource "aws_iam_role_policy" "tracing" {
  count = var.attach_tracing_policy ? 1 : 0

  name   = "${var.function_name}-tracing"
  role   = aws_iam_role.lambda[0].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.tracing] })
}

resource "aws_iam_role_policy" "additional_inline" {
  count = var.attach_policy_statements ? 1 : 0

  name   = "${var.function_name}-inline"
  role   = aws_iam_role.lambda[0].name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.inline })
}

resource "aws_cloudwatch_log_group" "lambda" {
  count = 1

  name = "/aws/lambda/${var.function_name}"
}

resource "aws_lambda_function" "this" {
  count = 1

  function_name    = var.function_name
  role             = aws_iam_role.lambda[0].arn
  runtime          = var.runtime
  handler          = var.handler
  filename         = var.local_existing_package
  source_code_hash = filebase64sha256(var.local_existing_package)

  tracing_config {
    mode = var.tracing_mode
  }

  depends_on = [aws_cloudwatch_log_group.lambda, aws_iam_role_policy.additional_inline]
}

resource "aws_lambda_event_source_mapping" "this" {
  for_each = var.event_source_mapping

  function_name          = aws_lambda_function.this[0].arn
  event_source_arn       = each.value.event_source_arn
  starting_position      = each.value.starting_position
  maximum_retry_attempts = each.value.maximum_retry_attempts

  destination_config {
    on_failure {
      destination_arn = each.value.destination_arn_on_failure
    }
  }
}
