variable "name" {}
variable "hash_key" {}
variable "attributes" {}
variable "stream_enabled" {}
variable "stream_view_type" {}
variable "point_in_time_recovery_enabled" {}
variable "server_side_encryption_enabled" {}

resource "aws_dynamodb_table" "this" {
  count = 1

  name             = var.name
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = var.hash_key
  stream_enabled   = var.stream_enabled
  stream_view_type = var.stream_view_type

  ttl {
    enabled        = false
    attribute_name = ""
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery_enabled
  }

  dynamic "attribute" {
    for_each = var.attributes

    content {
      name = attribute.value.name
      type = attribute.value.type
    }
  }

  server_side_encryption {
    enabled = var.server_side_encryption_enabled
  }

  tags = { Name = var.name }
}

output "dynamodb_table_stream_arn" {
  value = aws_dynamodb_table.this[0].stream_arn
}
