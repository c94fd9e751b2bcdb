"""Who looks and acts through a surface of this site: a logged-in local user. Nobody is None."""

from lemmy_lite.model.ids import LanguageId, PersonId
from lemmy_lite.model.local_user import LocalUser, LocalUserVoteDisplayMode
from lemmy_lite.model.person import Person
from lemmy_lite.model.struct import Struct


class Viewer(Struct):
    """A local user with a live session.

    `languages` is empty when every language is enabled; `session` is the stored hash of the login token that was shown, empty where the
    private address of a feed was.
    """

    person: Person
    local_user: LocalUser
    vote_display: LocalUserVoteDisplayMode
    languages: tuple[LanguageId, ...]
    session: str

    @property
    def id(self) -> PersonId:
        """The person's id."""
        return self.person.id
