output "queue_url" {
  description = "The dead-letter queue's URL."
  value       = aws_sqs_queue.pipeline_dead_letter.url
}

output "table_name" {
  description = "The table's name."
  value       = aws_dynamodb_table.pipeline.name
}
