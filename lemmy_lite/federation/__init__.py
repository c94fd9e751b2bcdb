"""ActivityPub: how this instance speaks with others. Documents, inbox, outbox, delivery, fetching."""
