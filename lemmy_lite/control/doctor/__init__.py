"""`lemmy-lite doctor`: what is wrong, in plain sentences, and what to do. Looks only, beside a running server or without one."""
