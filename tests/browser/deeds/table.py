"""All lines, in the order in which they are done."""

from tests.browser.deeds import admins, members, moderators
from tests.browser.deeds.deed import Deed, Reading
from tests.browser.deeds.readings import READINGS

DEEDS: tuple[Deed, ...] = (*members.DEEDS, *moderators.DEEDS, *admins.DEEDS)
LINES: tuple[Deed | Reading, ...] = (*members.DEEDS, *READINGS, *moderators.DEEDS, *admins.DEEDS)
"""With what is read when everything is written, and nothing is purged yet."""
