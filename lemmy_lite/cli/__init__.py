"""The commands, a file per command group; the only room that knows click."""
