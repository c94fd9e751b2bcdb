"""From requests to forms."""

from msgspec import UNSET

from lemmy_lite.http.api_v3.wire.form import form_of
from lemmy_lite.http.api_v3.wire.local_user import SaveUserSettings
from lemmy_lite.http.api_v3.wire.post import CreatePost, EditPost
from lemmy_lite.http.api_v3.wire.registration import Register
from lemmy_lite.http.api_v3.wire.site import CreateSite, EditSite
from lemmy_lite.model.ids import CommunityId, PostId
from lemmy_lite.model.local_user import SettingsForm
from lemmy_lite.model.post import PostForm
from lemmy_lite.model.registration import RegistrationForm
from lemmy_lite.model.site import SiteForm


def test_an_edit_sets_what_it_names_and_nothing_else() -> None:
    form = form_of(PostForm, EditPost(post_id=PostId(7), body="", nsfw=False))
    assert form == PostForm(body="", nsfw=False)
    assert form.name is UNSET


def test_a_creation_names_the_community() -> None:
    assert form_of(PostForm, CreatePost(name="Title", community_id=CommunityId(2))) == PostForm(name="Title", community_id=CommunityId(2))


def test_no_field_of_a_request_is_lost_on_the_way_to_the_form() -> None:
    assert set(SaveUserSettings.__struct_fields__) == set(SettingsForm.__struct_fields__)
    assert set(Register.__struct_fields__) == set(RegistrationForm.__struct_fields__)
    assert set(EditSite.__struct_fields__) | set(CreateSite.__struct_fields__) == set(SiteForm.__struct_fields__)
    assert (set(EditPost.__struct_fields__) | set(CreatePost.__struct_fields__)) - {"post_id"} == set(PostForm.__struct_fields__)
