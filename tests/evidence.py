"""What a unit of work over a document begins with where no `Store` runs it: all its texts are converted, however long they are."""

from typing import Any

from lemmy_lite.federation.converting import html_in
from lemmy_lite.federation.evidence import Evidence
from lemmy_lite.text import received


def evidence_of(document: dict[str, Any]) -> Evidence:
    evidence = Evidence()
    for html in html_in(document):
        evidence.put_markdown(html, received.to_markdown(html))
    return evidence
