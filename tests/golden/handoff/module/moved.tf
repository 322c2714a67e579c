moved {
  from = aws_cloudwatch_log_group.pipeline_log-group_B154E861
  to   = aws_cloudwatch_log_group.pipeline
}

moved {
  from = aws_dynamodb_table.pipeline_table_4950B2AC
  to   = aws_dynamodb_table.pipeline
}

moved {
  from = aws_iam_role.pipeline_role_344DF3A8
  to   = aws_iam_role.pipeline
}

moved {
  from = aws_iam_role_policy.pipeline_role-policy_DFBDB60F
  to   = aws_iam_role_policy.pipeline
}

moved {
  from = aws_lambda_event_source_mapping.pipeline_event-source-mapping_7B847D07
  to   = aws_lambda_event_source_mapping.pipeline
}

moved {
  from = aws_lambda_function.pipeline_function_C9FB3D1C
  to   = aws_lambda_function.pipeline
}

moved {
  from = aws_sqs_queue.pipeline_dead-letter-queue_BA84A284
  to   = aws_sqs_queue.pipeline_dead_letter
}

moved {
  from = aws_sqs_queue_policy.pipeline_dead-letter-queue-policy_3F137CF3
  to   = aws_sqs_queue_policy.pipeline_dead_letter
}
