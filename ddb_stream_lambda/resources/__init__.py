"""One file for each box of the diagram: a resource's defaults, checks, construction and warnings."""
