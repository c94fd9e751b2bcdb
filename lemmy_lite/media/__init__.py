"""Pictures and sounds: what decodes, draws and stores them. No database, no network."""
