"""What anybody may know of this site beside its posts: the servers it talks to, and its legal information."""

from collections.abc import Sized

from lemmy_lite.domain import instance as instances
from lemmy_lite.domain import rendering
from lemmy_lite.http.response import Response
from lemmy_lite.http.web import forms
from lemmy_lite.http.web.render import stored_html
from lemmy_lite.http.web.visit import Frame, Visit
from lemmy_lite.http.web.wording import href
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.instance import FederatedInstances, InstanceWithFederationState
from lemmy_lite.storage.query import Transaction
from lemmy_lite.text.translations import phrase

TABS = (("linked", "Linked"), ("allowed", "Allowed"), ("blocked", "Blocked"))
_PER_PAGE = 100


async def federated(visit: Visit) -> Response:
    """`GET /instances?tab=&q=`."""
    tab = visit.query.get("tab") if visit.query.get("tab") in dict(TABS) else "linked"
    q = visit.query.get("q", "").strip().lower()[:255]
    number = forms.number(visit.query.get("page"), most=10_000) or 1

    def matter(tx: Transaction, frame: Frame) -> FederatedInstances | None:
        return instances.federated(tx)

    frame, found = await visit.read(matter)
    listed: list[InstanceWithFederationState] = getattr(found, tab) if found and tab else []
    matching = [each for each in listed if q in each.domain]
    start = (number - 1) * _PER_PAGE
    return visit.page(
        frame,
        "instances.html",
        instances=matching[start : start + _PER_PAGE],
        federates=found is not None,
        tabs=[(name, _counted(words, getattr(found, name) if found else ())) for name, words in TABS],
        tab=tab,
        q=q,
        next_href=href("/instances", tab=tab, q=q, page=number + 1) if start + _PER_PAGE < len(matching) else None,
    )


def _counted(words: str, found: Sized) -> str:
    return phrase("{what} ({count})", what=phrase(words), count=len(found))


async def legal(visit: Visit) -> Response:
    """`GET /legal`."""
    frame = await visit.frame()
    text = rendering.text(visit.site.context, frame.site.local_site.legal_information)
    if text is None:
        raise LemmyError("unknown", "This site has written down no legal information.", missing=True)
    return visit.page(frame, "legal.html", text=stored_html(text))
