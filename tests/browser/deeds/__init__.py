"""The table of deeds: everything that people can do on the site, each line driven by hand, with script, and by keyboard alone.

What lemmy-ui lets people do was the list. A form without a line here fails `tests/browser/test_deeds.py`.
"""
