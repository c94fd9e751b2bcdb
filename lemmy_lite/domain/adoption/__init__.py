"""Taking over a Lemmy server: first its rows (`rows`), then its pictures (`pictures`). Both go on where they were interrupted."""
