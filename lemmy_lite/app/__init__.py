"""The composition root: builds everything, connects the subscribers of events, starts and stops in order."""

from lemmy_lite.app.answering import application, surfaces
from lemmy_lite.app.opening import ADMIN_NAME, SITE_NAME, FirstAdmin, Instance, opened
from lemmy_lite.app.serving import serve

__all__ = ["ADMIN_NAME", "SITE_NAME", "FirstAdmin", "Instance", "application", "opened", "serve", "surfaces"]
