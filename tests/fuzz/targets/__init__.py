"""Where each target of the table stands: how its inputs are made, and what is looked at."""
