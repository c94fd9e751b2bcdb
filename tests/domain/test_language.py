"""Languages: those of the site bind its communities, and through them what is written there."""

import pytest

from lemmy_lite.domain import community, post, site_settings
from lemmy_lite.model.community import CommunityForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CommunityId, LanguageId
from lemmy_lite.model.language import LANGUAGES
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.site import SiteForm
from lemmy_lite.storage.query import Transaction
from lemmy_lite.storage.tables import community as communities
from tests.domain.house import House, told
from tests.storage import rows

UND, GERMAN, ENGLISH, FRENCH = (LanguageId(number) for number in (0, 32, 37, 47))


async def _limit_the_site(house: House, *languages: LanguageId) -> None:
    await house.database.write(site_settings.edit, house.context, house.admin, SiteForm(discussion_languages=list(languages)))


async def _set(house: House, community_id: CommunityId, *languages: LanguageId) -> list[LanguageId]:
    await house.database.write(
        community.edit, house.context, house.admin, community_id, CommunityForm(discussion_languages=list(languages))
    )
    return await house.database.read(community.languages, community_id)


def test_a_new_community_has_the_languages_of_the_site(database_url: str) -> None:
    async def story(house: House) -> None:
        open_to_all = await house.community(house.admin, "open")
        assert await house.database.read(community.languages, open_to_all.id) == []
        await _limit_the_site(house, UND, ENGLISH)
        founded = await house.community(house.admin, "limited")
        assert await house.database.read(community.languages, founded.id) == [UND, ENGLISH]
        form = PostForm(name="Guten Tag", community_id=founded.id, language_id=GERMAN)
        with pytest.raises(LemmyError, match="language_not_allowed"):
            await house.database.write(post.create, house.context, house.admin, form)

    told(database_url, story)


def test_a_site_that_gives_up_languages_takes_them_from_its_own_communities_only(database_url: str) -> None:
    def elsewhere(tx: Transaction) -> CommunityId:
        there = rows.community(tx, "there", domain="there.example")
        communities.set_languages(tx, there, [GERMAN])
        return there

    async def story(house: House) -> None:
        everything, two, lost = [(await house.community(house.admin, name)).id for name in ("everything", "two", "lost")]
        await _set(house, two, ENGLISH, GERMAN)
        await _set(house, lost, GERMAN)
        there = await house.database.write(elsewhere)
        await _limit_the_site(house, UND, ENGLISH, FRENCH)
        read = [await house.database.read(community.languages, each) for each in (everything, two, lost, there)]
        # One that had nothing else is not silenced: it takes what the site offers.
        assert read == [[UND, ENGLISH, FRENCH], [ENGLISH], [UND, ENGLISH, FRENCH], [GERMAN]]

    told(database_url, story)


def test_a_community_that_names_all_languages_or_none_has_what_the_site_offers(database_url: str) -> None:
    async def story(house: House) -> None:
        number = (await house.community(house.admin)).id
        assert await _set(house, number, ENGLISH) == [ENGLISH]
        assert await _set(house, number, *(language.id for language in LANGUAGES)) == []
        await _limit_the_site(house, UND, ENGLISH)
        assert await _set(house, number, ENGLISH) == [ENGLISH]
        assert await _set(house, number) == [UND, ENGLISH]

    told(database_url, story)
