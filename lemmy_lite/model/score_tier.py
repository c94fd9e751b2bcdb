"""Scores in tiers, from eight on each from one power of two to the next: within one, how high a post can rank follows closely from its
age. Those below eight are one tier, as most posts are there, and one that leaves its tier writes two indexes."""

from bisect import bisect_right
from typing import Final

EDGES: Final = (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
"""The least scores of all tiers but the first; the same as in storage/migrations/m0021_score_tier.py."""
NUMBER: Final = len(EDGES) + 1


def tier_of(score: int) -> int:
    """The tier that a score is in: 0 for those below 8, NUMBER - 1 for those from 2048 on."""
    return bisect_right(EDGES, score)
