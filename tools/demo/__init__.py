"""`make demo`: deploys the example to an emulator of AWS on this machine, and shows the way of each record."""
