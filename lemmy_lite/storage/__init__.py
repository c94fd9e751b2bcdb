"""Rows: the only room that speaks SQL, and the only one that knows which database it speaks to."""
