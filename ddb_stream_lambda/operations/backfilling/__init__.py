"""Feed the items of an existing table to the function of its stream."""
