provider "aws" {
  region = var.region
}

# The table that the stream comes from. It is encrypted with the AWS managed key, restorable to any
# second and kept when the rest is destroyed.
resource "aws_dynamodb_table" "pipeline_table_4950B2AC" {
  # checkov:skip=CKV_AWS_119:Encrypted with the key that AWS manages; a key of your own costs by use and its loss loses the table

  name                        = "${var.name_prefix}-orders"
  billing_mode                = "PAY_PER_REQUEST"
  deletion_protection_enabled = true
  hash_key                    = "id"
  stream_enabled              = true
  stream_view_type            = "NEW_AND_OLD_IMAGES"

  tags = {
    Team = "orders"
  }

  attribute {
    name = "id"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}

# Receives what could not be processed; messages stay 14 days.
resource "aws_sqs_queue" "pipeline_dead-letter-queue_BA84A284" {
  # checkov:skip=CKV2_AWS_73:Encrypted with alias/aws/sqs; the messages name records and do not hold them

  name                      = "${var.name_prefix}-orders-dlq"
  kms_master_key_id         = "alias/aws/sqs"
  message_retention_seconds = 1209600
}

# Whom the queue admits: see Grants.
resource "aws_sqs_queue_policy" "pipeline_dead-letter-queue-policy_3F137CF3" {
  queue_url = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "HttpsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.arn
        Condition = {
          Bool = {
            "aws:SecureTransport" = "false"
          }
        }
      },
      {
        Sid       = "OwnAccountOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.arn
        Condition = {
          BoolIfExists = {
            "aws:PrincipalIsAWSService" = "false"
          }
          StringNotEquals = {
            "aws:PrincipalAccount" = element(split(":", aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.arn), 4)
          }
        }
      },
    ]
  })
}

# What the function acts as.
resource "aws_iam_role" "pipeline_role_344DF3A8" {
  name = "${var.name_prefix}-orders"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "lambda.amazonaws.com"
        }
        Action = "sts:AssumeRole"
      },
    ]
  })
}

# What the function's role may do, and nothing wider: see Grants.
resource "aws_iam_role_policy" "pipeline_role-policy_DFBDB60F" {
  name = "orders_pipeline"
  role = aws_iam_role.pipeline_role_344DF3A8.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ListStreams"
        Effect   = "Allow"
        Action   = ["dynamodb:ListStreams"]
        Resource = "*"
      },
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        Resource = aws_dynamodb_table.pipeline_table_4950B2AC.stream_arn
      },
      {
        Sid      = "SendFailedBatches"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
        Resource = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.arn
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.pipeline_log-group_B154E861.arn}:*"
      },
      {
        Sid      = "SendTraces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  })
}

# Where the function logs; kept 365 days.
resource "aws_cloudwatch_log_group" "pipeline_log-group_B154E861" {
  # checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts with a key of its own; another needs a key policy that the account owns

  name              = "/aws/lambda/${var.name_prefix}-orders"
  retention_in_days = 365
}

# Processes the records, in index.handler on python3.13; traced by X-Ray.
resource "aws_lambda_function" "pipeline_function_C9FB3D1C" {
  # checkov:skip=CKV_AWS_115:The stream's shards bound the concurrency; a reservation would take from the account's other functions
  # checkov:skip=CKV_AWS_116:A stream's failures go where the event source mapping sends them; this setting serves asynchronous calls
  # checkov:skip=CKV_AWS_117:The function calls endpoints that authenticate by IAM; a VPC is a choice of the account's network
  # checkov:skip=CKV_AWS_173:Lambda encrypts the variables with a key of its own; secrets belong into Secrets Manager
  # checkov:skip=CKV_AWS_272:The archive is pinned by source_code_hash and SHA256SUMS; a signing profile belongs to the account

  function_name    = "${var.name_prefix}-orders"
  filename         = "assets/code-hello/85c39b33e5b99c494c786ff2a91bd12c78631fa3ef6d3966e580bdffd9043ab4/hello.zip"
  handler          = "index.handler"
  role             = aws_iam_role.pipeline_role_344DF3A8.arn
  runtime          = "python3.13"
  source_code_hash = "hcObM+W5nElMeG/yqRvRLHhjH6PvbTlm5YC9/9kEOrQ="

  environment {
    variables = {
      GREETING = "Say \"hello\" to $${name}"
    }
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [
    aws_iam_role_policy.pipeline_role-policy_DFBDB60F,
    aws_cloudwatch_log_group.pipeline_log-group_B154E861,
  ]
}

# Reads the stream and invokes the function, in order within each shard. A failing batch is retried
# 500 times, halved each time.
resource "aws_lambda_event_source_mapping" "pipeline_event-source-mapping_7B847D07" {
  function_name                  = aws_lambda_function.pipeline_function_C9FB3D1C.arn
  batch_size                     = 100
  bisect_batch_on_function_error = true
  event_source_arn               = aws_dynamodb_table.pipeline_table_4950B2AC.stream_arn
  maximum_record_age_in_seconds  = 86400
  maximum_retry_attempts         = 500
  starting_position              = "TRIM_HORIZON"

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.arn
    }
  }

  filter_criteria {
    filter {
      pattern = jsonencode({
        eventName = ["INSERT", "MODIFY"]
      })
    }
  }

  depends_on = [aws_iam_role_policy.pipeline_role-policy_DFBDB60F]
}

# Records that the function could not process lie in the queue.
resource "aws_cloudwatch_metric_alarm" "given-up" {
  alarm_name          = "${var.name_prefix}-orders-given-up"
  alarm_actions       = var.alarm_actions
  alarm_description   = "Records that the function could not process lie in the queue."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 60
  statistic           = "Maximum"
  threshold           = 0

  dimensions = {
    QueueName = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284.name
  }
}
