"""ActivityPub over HTTP: the routes of documents, inboxes, WebFinger and NodeInfo. What they answer is decided in federation/."""
