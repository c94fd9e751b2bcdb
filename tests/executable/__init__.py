"""What scripts/build leaves, driven as somebody who has nothing but that file."""
