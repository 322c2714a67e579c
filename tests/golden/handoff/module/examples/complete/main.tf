module "orders" {
  source        = "../.."
  alarm_actions = var.alarm_actions
  name_prefix   = var.name_prefix
}
