"""Addresses are those that people have bookmarked and other servers link to: lemmy-ui's, with its names of queries."""

import pytest

from tests.http.web.lab import Place, Reader

FOR_EVERYBODY = (
    "/",
    "/?dataType=Post&listingType=All&sort=Active",
    "/?dataType=Comment&listingType=Local&sort=New",
    "/?dataType=Post&listingType=Local&showHidden=true&sort=TopSixHour",
    "/?listingType=Subscribed&sort=Scaled",
    "/c/tea",
    "/c/tea@hearth.test",
    "/c/tea?dataType=Comment&sort=New",
    "/c/tea?dataType=Post&showHidden=false&sort=TopAll",
    "/u/ann",
    "/u/ann@hearth.test",
    "/u/ann?page=1&sort=New&view=Overview",
    "/u/ann?page=1&sort=TopAll&view=Comments",
    "/u/ann?page=2&sort=Old&view=Posts",
    "/post/1",
    "/post/1?scrollToComments=true",
    "/post/1?sort=Controversial",
    "/post/1?view=Flat",
    "/post/1/1",
    "/comment/1",
    "/communities",
    "/communities?listingType=All&page=1&sort=TopMonth",
    "/search",
    "/search?q=tea&type=All&listingType=All&page=1&sort=TopAll",
    "/search?q=tea&type=Comments&communityId=2&creatorId=3",
    "/search?q=http%3A%2F%2Fhearth.test%2Fpost%2F1&type=Url",
    "/search?q=tea&type=Posts&titleOnly=true",
    "/login",
    "/login?prev=%2Finbox",
    "/login_reset",
    "/signup",
    "/password_change/0123456789abcdef",
    "/verify_email/0123456789abcdef",
    "/modlog",
    "/modlog/2",
    "/instances",
    "/activitypub/externalInteraction?uri=http%3A%2F%2Fhearth.test%2Fc%2Ftea",
)
FOR_MEMBERS = (
    "/create_post",
    "/create_post?communityId=2",
    (
        "/create_post?title=A&url=https%3A%2F%2Fa.example%2F&body=b&altText=c&customThumbnailUrl=https%3A%2F%2Fa.example%2Ft.png&nsfw=true"
        "&languageId=37"
    ),
    "/create_community",
    "/create_private_message/2",
    "/inbox",
    "/inbox?view=All&type=Mentions",
    "/settings",
    "/u/ann?view=Saved",
    "/u/ann?view=Uploads",
    "/?listingType=ModeratorView",
)
FOR_ADMINS = ("/admin", "/reports", "/registration_applications")


@pytest.fixture(scope="module")
def ann(place: Place) -> Reader:
    reader = place.member("ann")
    place.community(place.person("founder"), "tea")
    reader.get("/create_post?community=tea").submit(press="Post", name="A post").submit(press="Comment", content="A comment")
    return reader


@pytest.mark.parametrize("path", FOR_EVERYBODY)
def test_an_address_leads_strangers_and_members_to_its_page(ann: Reader, path: str) -> None:
    for reader in (ann.place.stranger(), ann):
        page = reader.get(path)
        assert page.status == 200, page.text


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_an_address_of_members_leads_them_there_and_strangers_to_the_door(ann: Reader, path: str) -> None:
    assert ann.get(path).status == 200
    assert not ann.get(path).path.startswith("/login")
    stranger = ann.place.stranger().get(path)
    assert stranger.status == 200
    assert stranger.path.startswith(("/login?prev=", "/u/", "/?"))


@pytest.mark.parametrize("path", FOR_ADMINS)
def test_an_address_of_admins_leads_them_there(ann: Reader, path: str) -> None:
    assert ann.place.log_in("admin").get(path).status == 200


def test_a_link_that_fills_the_form_fills_all_of_it(ann: Reader) -> None:
    filled = dict(ann.get(FOR_MEMBERS[2]).form(field="name").fields)
    assert {name: filled[name] for name in ("name", "url", "body", "alt_text", "custom_thumbnail", "nsfw")} == {
        "name": "A",
        "url": "https://a.example/",
        "body": "b",
        "alt_text": "c",
        "custom_thumbnail": "https://a.example/t.png",
        "nsfw": "true",
    }


def test_pages_of_a_list_follow_each_other_by_lemmy_uis_cursor(ann: Reader) -> None:
    founder = ann.place.log_in("founder")
    for number in range(21):
        founder.get("/create_post?community=tea").submit(press="Post", name=f"Number {number:02}")
    first = ann.get("/c/tea?sort=New")
    link = first.html.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "pageCursor=" in link
    second = ann.get(link)
    assert "Number 20" in first.text
    assert "Number 00" in second.text
    assert "Number 20" not in second.text
    assert ann.get("/c/tea?sort=New&pageCursor=rubbish").status == 400
