variable "alarm_actions" {
  description = "The ARNs of the alarm's actions."
  type        = list(string)
  default     = []
}

variable "name_prefix" {
  description = "The prefix of all resource names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z-]{1,40}$", var.name_prefix)) && !startswith(var.name_prefix, "-")
    error_message = "name_prefix must be 1 to 40 lowercase letters and hyphens."
  }
}
