output "queue_url" {
  description = "The dead-letter queue's URL."
  value       = module.orders.queue_url
}

output "table_name" {
  description = "The table's name."
  value       = module.orders.table_name
}
