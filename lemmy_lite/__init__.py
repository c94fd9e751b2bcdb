"""lemmy_lite: a complete Lemmy in one executable."""

__version__ = "0.1.0"
