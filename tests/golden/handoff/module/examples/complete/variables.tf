variable "alarm_actions" {
  description = "The ARNs of the alarm's actions."
  type        = list(string)
  default     = []
}

variable "name_prefix" {
  description = "The prefix of all resource names."
  type        = string
  nullable    = false
}

variable "region" {
  description = "The AWS region."
  type        = string
  default     = "eu-west-1"
}
