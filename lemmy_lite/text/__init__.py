"""Pure functions on text: rendering, sanitising, slurs, mentions, links and the rules for names. No input, output or clock."""
