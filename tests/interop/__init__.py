"""Stories between real instances, each a process of its own."""
