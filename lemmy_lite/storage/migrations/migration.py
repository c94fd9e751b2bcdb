"""One step of the schema."""

from lemmy_lite.model.struct import Struct


class Migration(Struct):
    """`number` grows by one; `shared` runs on both databases, then the text of the one in use. Statements end with a semicolon."""

    number: int
    name: str
    shared: str
    sqlite: str = ""
    postgres: str = ""

    def statements(self, *, sqlite: bool) -> list[str]:
        """Each statement on its own, comments removed. Only triggers of SQLite hold semicolons inside, and they end with END."""
        lines = f"{self.shared}\n{self.sqlite if sqlite else self.postgres}".splitlines()
        text = "\n".join(line.split("--")[0] for line in lines)
        found: list[str] = []
        inside = False
        for piece in (piece.strip() for piece in text.split(";")):
            if inside:
                found[-1] += f"; {piece}"
            elif piece:
                found.append(piece)
            inside = found[-1:] != [] and found[-1].startswith("CREATE TRIGGER") and not found[-1].endswith("END")
        return found
