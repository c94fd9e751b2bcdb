"""Two and more instances that speak with each other over loopback."""
