"""Mails, against a real mail server."""
