"""What an export is refused with."""


class ExportError(Exception):
    """Why there is no export, in a sentence."""
