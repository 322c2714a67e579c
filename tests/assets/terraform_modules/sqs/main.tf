variable "name" {}

resource "aws_sqs_queue" "this" {
  count = 1

  name = var.name
}

output "queue_arn" {
  value = aws_sqs_queue.this[0].arn
}
