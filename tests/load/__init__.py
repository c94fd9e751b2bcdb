"""Load that goes on: `scripts/soak` for as long as wished, and everything at its limits."""
