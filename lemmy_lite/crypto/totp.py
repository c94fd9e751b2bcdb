"""Time-based one-time codes (RFC 6238): SHA-1, six digits, thirty seconds, one step of tolerance, as Lemmy has them.

The secret is stored as text, and the key is the bytes of that very text: this is what Lemmy does with the forty hexadecimal
digits it makes (its `generate_totp_2fa_secret` and `build_totp_2fa`), so secrets adopted from Lemmy keep working.
"""

import base64
import hmac
import re
import secrets

from lemmy_lite.model.clock import SECOND, Micros

STEP_SECONDS = 30
SKEW_STEPS = 1
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A secret of 160 random bits, as forty hexadecimal digits."""
    return secrets.token_hex(20)


def otpauth_url(secret: str, site_name: str, user_name: str) -> str:
    """The `otpauth://` URL that authenticator apps read, also as a QR code."""
    import pyotp

    # A colon parts issuer and account in the URL's label, so a site's name cannot hold one.
    return pyotp.TOTP(_base32(secret)).provisioning_uri(name=user_name, issuer_name=site_name.replace(":", " "))


def matching_step(secret: str, code: str, now: Micros) -> int | None:
    """The time step whose code this is, or None when it is wrong.

    Blanks in the code are forgiven, as apps show it in two halves. The caller stores the step and refuses one that is not
    later than the last one used: a code seen over a shoulder must not work twice.
    """
    import pyotp

    digits = code.replace(" ", "")
    if not _CODE.fullmatch(digits) or not secret:
        return None
    totp = pyotp.TOTP(_base32(secret))
    current = now // SECOND // STEP_SECONDS
    matched = None
    # A board without a battery clock may start in 1970, where there is no step before the first.
    for step in range(max(0, current - SKEW_STEPS), current + SKEW_STEPS + 1):
        # Every candidate is compared, each in constant time.
        if hmac.compare_digest(totp.generate_otp(step), digits):
            matched = step
    return matched


def _base32(secret: str) -> str:
    return base64.b32encode(secret.encode()).decode()
