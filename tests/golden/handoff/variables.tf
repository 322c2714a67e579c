variable "alarm_actions" {
  description = "Whom to tell."
  type        = list(string)
  default     = []
}

variable "name_prefix" {
  description = "What names begin with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z-]{1,40}$", var.name_prefix)) && !startswith(var.name_prefix, "-")
    error_message = "name_prefix must be 1 to 40 small letters and hyphens."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-west-1"
}
