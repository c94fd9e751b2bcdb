"""The public part of the site as files: what a stranger would be shown, without a server behind it."""
