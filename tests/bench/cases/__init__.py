"""The workloads of the plan, a module for each kind, and the table of all of them."""
