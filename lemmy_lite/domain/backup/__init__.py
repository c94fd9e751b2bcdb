"""Backups: everything that cannot be had again, in a folder that grows by what is new, or in one file; and the way back.

A store holds `images/` (each upload once, for all backups) and a folder for each backup with its `manifest.json`, which is written last.
"""
