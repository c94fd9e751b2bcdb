"""What is searched: which row has which terms (terms.py), and posts by the link of their video.

On SQLite these are FTS5 tables without content, positions or sizes: a term costs a byte or two a row (storage/README.md, 2026-11-22 has
the figures). `contentless_delete` came with SQLite 3.43 and Debian's Python has 3.40, so who takes a row out must say its old terms:
tables/search_text.py keeps track. The tokenizer only parts at the blanks that we put there.
"""

from lemmy_lite.storage.migrations.migration import Migration

_TABLES = {
    "post_title_terms": "post",
    "post_terms": "post",
    "comment_terms": "comment",
    "community_terms": "community",
    "person_terms": "person",
}
_SHARED = "CREATE INDEX post_embed_video ON post (embed_video_url) WHERE embed_video_url IS NOT NULL;"
_SQLITE = "\n".join(
    f"CREATE VIRTUAL TABLE {table} USING fts5(terms, content='', detail=none, columnsize=0, tokenize='ascii');" for table in _TABLES
)
_POSTGRES = "\n".join(
    f"""CREATE TABLE {table} (rowid {{int}} PRIMARY KEY REFERENCES {noun} ON DELETE CASCADE, terms TSVECTOR NOT NULL);
        CREATE INDEX {table}_index ON {table} USING GIN (terms);"""
    for table, noun in _TABLES.items()
)

MIGRATION = Migration(number=2, name="search", shared=_SHARED, sqlite=_SQLITE, postgres=_POSTGRES)
