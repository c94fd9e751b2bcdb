"""The clock as a caller: what is done without anybody asking."""
