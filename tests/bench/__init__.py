"""The bench: seeded data sets, a load client, and every workload of the plan as a named case. Never imported by lemmy_lite."""
