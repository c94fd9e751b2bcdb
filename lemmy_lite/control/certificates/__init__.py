"""The certificate of https: found in files that somebody else renews, or fetched from an authority and renewed here."""
