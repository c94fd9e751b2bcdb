"""Logs: one line an event on stderr, plain or JSON, without secrets and without colours."""

import logging
import sys
import time
from typing import Any

import msgspec

# Libraries that tell their own story at debug level, statement by statement.
_QUIET = ("aiosqlite", "asyncio", "psycopg", "psycopg.pool", "PIL", "aiohttp")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "room": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # A line break inside a message could forge a line of its own (security.md, "log injection").
        text = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(record.created))} {record.levelname.lower():7} {record.name}: {text}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(level: str, *, json: bool) -> None:
    """Send every log of at least `level` (error, warning, info, debug) to stderr. Calling it again replaces what was set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if json else _Plain())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
