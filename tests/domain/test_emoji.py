"""Custom emojis: who makes them, and what of them is kept."""

import pytest

from lemmy_lite.domain import emoji
from lemmy_lite.model.emoji import CustomEmojiView, EmojiForm
from lemmy_lite.model.errors import LemmyError
from lemmy_lite.model.ids import CustomEmojiId
from lemmy_lite.storage.views import emoji as views
from tests.domain.house import House, told


def _form(number: int = 1, **fields: object) -> EmojiForm:
    given = {"category": "birds", "image_url": f"https://here.test/{number}.png", "alt_text": "A bird", "keywords": ["bird"]} | fields
    return EmojiForm(**given)  # type: ignore[arg-type]  # the fields of each test


async def _made(house: House, code: str = "bird", form: EmojiForm | None = None) -> CustomEmojiView:
    return await house.database.write(emoji.create, house.admin, code, form or _form())


def _words(view: CustomEmojiView) -> list[str]:
    return [each.keyword for each in view.keywords]


def test_code_and_keywords_are_trimmed_and_in_lower_case(database_url: str) -> None:
    async def story(house: House) -> None:
        view = await _made(house, " Bird ", _form(keywords=[" Wing", "wing", "BEAK", " "]))
        assert (view.custom_emoji.shortcode, sorted(_words(view))) == ("bird", ["beak", "wing"])
        assert [each.custom_emoji.shortcode for each in await house.database.read(views.listing)] == ["bird"]

    told(database_url, story)


def test_everything_but_the_code_can_be_changed_and_keeping_the_picture_is_no_conflict(database_url: str) -> None:
    async def story(house: House) -> None:
        number = (await _made(house)).custom_emoji.id
        view = await house.database.write(emoji.edit, house.admin, number, _form(category="More", alt_text="", keywords=["b", "a"]))
        changed = view.custom_emoji
        assert (changed.shortcode, changed.category, changed.alt_text, _words(view)) == ("bird", "More", "", ["a", "b"])
        assert changed.updated is not None

    told(database_url, story)


def test_a_deleted_emoji_is_gone_with_its_keywords_and_its_code_is_free(database_url: str) -> None:
    async def story(house: House) -> None:
        number = (await _made(house)).custom_emoji.id
        for _ in range(2):
            await house.database.write(emoji.delete, house.admin, number)
        assert await house.database.read(views.listing) == []
        assert _words(await _made(house, form=_form(keywords=[]))) == []

    told(database_url, story)


@pytest.mark.parametrize(
    ("code", "form", "error"),
    [
        ("BIRD", _form(2), "unknown: This short code is taken."),
        ("other", _form(1), "unknown: Another emoji has this picture."),
        (" ", _form(2), "unknown: The short code has"),
        ("x" * 129, _form(2), "unknown: The short code has"),
        ("other", _form(2, category=""), "unknown: The category has"),
        ("other", _form(2, keywords=["x" * 129]), "unknown: A keyword has"),
        ("other", _form(2, keywords=[str(number) for number in range(101)]), "too_many_items"),
        ("other", _form(2, image_url="magnet:?xt=urn:btih:0"), "invalid_url_scheme"),
        ("other", _form(2, image_url="javascript:alert(1)"), "invalid_url_scheme"),
        ("other", _form(2, image_url="bird.png"), "invalid_url"),
        ("other", _form(2, alt_text="x" * 1501), "alt_text_length_overflow"),
    ],
)
def test_what_cannot_be_an_emoji_is_refused_and_leaves_nothing(code: str, form: EmojiForm, error: str, database_url: str) -> None:
    async def story(house: House) -> None:
        await _made(house)
        with pytest.raises(LemmyError) as refusal:
            await _made(house, code, form)
        assert str(refusal.value).startswith(error)
        assert len(await house.database.read(views.listing)) == 1

    told(database_url, story)


def test_an_emoji_that_is_not_there_cannot_be_changed(database_url: str) -> None:
    async def story(house: House) -> None:
        with pytest.raises(LemmyError) as refusal:
            await house.database.write(emoji.edit, house.admin, CustomEmojiId(999), _form())
        assert (refusal.value.code, refusal.value.missing) == ("unknown", True)

    told(database_url, story)


def test_only_admins_make_change_and_delete_emojis(database_url: str) -> None:
    async def story(house: House) -> None:
        ada = await house.person("ada")
        number = (await _made(house)).custom_emoji.id
        for refused in (
            house.database.write(emoji.create, ada, "other", _form(2)),
            house.database.write(emoji.edit, ada, number, _form()),
            house.database.write(emoji.delete, ada, number),
        ):
            with pytest.raises(LemmyError, match="not_an_admin"):
                await refused

    told(database_url, story)
