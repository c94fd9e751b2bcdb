"""The captcha at the door."""

from lemmy_lite.domain import captcha
from lemmy_lite.http.api_v3.call import Call
from lemmy_lite.http.api_v3.wire.local_user import CaptchaResponse, GetCaptchaResponse
from lemmy_lite.http.response import Response, json_response


async def get_captcha(call: Call) -> Response:
    """A new captcha; an empty answer where the site asks for none."""
    made = await captcha.challenge(call.database)
    ok = CaptchaResponse(png=made.captcha.png, wav=made.captcha.wav, uuid=made.uuid) if made else None
    return json_response(GetCaptchaResponse(ok=ok), headers={"cache-control": "no-store"})
