"""Data sets: who there is, what they wrote, and how it comes into a database by the million."""
