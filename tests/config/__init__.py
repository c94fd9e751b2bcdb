"""What an administrator writes, and what the instance makes of it."""
