"""Composing and sending mails: what a letter looks like, and the talk with the mail server. It knows nothing of posts or people."""
