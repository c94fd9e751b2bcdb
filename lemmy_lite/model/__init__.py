"""The nouns: Structs, enums, ids, errors and events. No input or output happens here."""
