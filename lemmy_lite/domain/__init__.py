"""The verbs, reads included: what may be done, by whom, and what a viewer may see. Knows nothing of requests, HTML or ActivityPub."""
