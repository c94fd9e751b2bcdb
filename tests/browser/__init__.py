"""Chromium walks through a running instance, without JavaScript."""
