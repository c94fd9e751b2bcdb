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
        """Each statement on its own, comments removed. No statement of ours holds a semicolon inside."""
        lines = f"{self.shared}\n{self.sqlite if sqlite else self.postgres}".splitlines()
        text = "\n".join(line.split("--")[0] for line in lines)
        return [statement.strip() for statement in text.split(";") if statement.strip()]
