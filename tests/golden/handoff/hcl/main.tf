# The source table of the stream. It is encrypted with the AWS managed key, has point-in-time recovery
# and is protected against terraform destroy.
resource "aws_dynamodb_table" "pipeline" {
  # checkov:skip=CKV_AWS_119:The table is encrypted with the AWS managed key. A customer managed key costs per request, and losing the key makes the table unreadable.

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

# Receives a message for each batch that could not be processed. Messages are kept for 14 days.
resource "aws_sqs_queue" "pipeline_dead_letter" {
  # checkov:skip=CKV2_AWS_73:The queue is encrypted with the AWS managed key alias/aws/sqs. Its messages identify records but do not contain them.

  name                      = "${var.name_prefix}-orders-dlq"
  kms_master_key_id         = "alias/aws/sqs"
  message_retention_seconds = 1209600
}

# Who may use the queue (see Permissions in README.md).
resource "aws_sqs_queue_policy" "pipeline_dead_letter" {
  queue_url = aws_sqs_queue.pipeline_dead_letter.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "HttpsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.pipeline_dead_letter.arn
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
        Resource  = aws_sqs_queue.pipeline_dead_letter.arn
        Condition = {
          BoolIfExists = {
            "aws:PrincipalIsAWSService" = "false"
          }
          StringNotEquals = {
            "aws:PrincipalAccount" = element(split(":", aws_sqs_queue.pipeline_dead_letter.arn), 4)
          }
        }
      },
    ]
  })
}

# The function's execution role.
resource "aws_iam_role" "pipeline" {
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

# The permissions of the function's execution role (see Permissions in README.md).
resource "aws_iam_role_policy" "pipeline" {
  name = "orders_pipeline"
  role = aws_iam_role.pipeline.name

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
        Resource = aws_dynamodb_table.pipeline.stream_arn
      },
      {
        Sid      = "SendFailedBatches"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
        Resource = aws_sqs_queue.pipeline_dead_letter.arn
      },
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.pipeline.arn}:*"
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

# The logs of the function. Log events are kept for 365 days.
resource "aws_cloudwatch_log_group" "pipeline" {
  # checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts the logs with its own key. A customer managed key needs a key policy that allows CloudWatch Logs to use it.

  name              = "/aws/lambda/${var.name_prefix}-orders"
  retention_in_days = 365
}

# Processes the records of the stream. Handler: index.handler, runtime: python3.13. X-Ray tracing is
# active.
resource "aws_lambda_function" "pipeline" {
  # checkov:skip=CKV_AWS_115:The number of the stream's shards limits the concurrency. Reserved concurrency would leave less for the account's other functions.
  # checkov:skip=CKV_AWS_116:The event source mapping sends failed batches to its failure destination. dead_letter_config applies only to asynchronous invocations.
  # checkov:skip=CKV_AWS_117:The function needs no VPC to read the stream and to write to the queue. It needs one only for what its own code calls in a VPC, which is the stack's decision.
  # checkov:skip=CKV_AWS_173:Lambda encrypts environment variables with its own key. Secrets belong in AWS Secrets Manager.
  # checkov:skip=CKV_AWS_272:source_code_hash finds an archive that is damaged or mixed up. It does not prove who made the archive: code signing does, and it needs a signing profile, which belongs to the account.

  function_name    = "${var.name_prefix}-orders"
  filename         = "${path.module}/assets/code-hello/85c39b33e5b99c494c786ff2a91bd12c78631fa3ef6d3966e580bdffd9043ab4/hello.zip"
  handler          = "index.handler"
  role             = aws_iam_role.pipeline.arn
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
    aws_iam_role_policy.pipeline,
    aws_cloudwatch_log_group.pipeline,
  ]
}

# Reads the stream and invokes the function. Records of the same shard are processed in order. A
# failed batch is retried up to 500 times; it is split in two before a retry.
resource "aws_lambda_event_source_mapping" "pipeline" {
  function_name                  = aws_lambda_function.pipeline.arn
  batch_size                     = 100
  bisect_batch_on_function_error = true
  event_source_arn               = aws_dynamodb_table.pipeline.stream_arn
  maximum_record_age_in_seconds  = 86400
  maximum_retry_attempts         = 500
  starting_position              = "TRIM_HORIZON"

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.pipeline_dead_letter.arn
    }
  }

  filter_criteria {
    filter {
      pattern = "{\"eventName\": [\"INSERT\", \"MODIFY\"]}"
    }
  }

  depends_on = [
    aws_iam_role_policy.pipeline,
    aws_lambda_function.pipeline,
  ]
}

# The dead-letter queue has messages about records that could not be processed.
resource "aws_cloudwatch_metric_alarm" "given_up" {
  alarm_name          = "${var.name_prefix}-orders-given-up"
  alarm_actions       = var.alarm_actions
  alarm_description   = "The dead-letter queue has messages about records that could not be processed."
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 60
  statistic           = "Maximum"
  threshold           = 0

  dimensions = {
    QueueName = aws_sqs_queue.pipeline_dead_letter.name
  }
}
