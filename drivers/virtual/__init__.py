"""Virtual sensors that speak their real protocol over a virtual radio."""
