"""What every page of the site tells the browser it may do: nearly nothing."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""One script of our own, which cannot make markup from text (trusted types); no inline script or style, no foreign picture: those
come by our own image proxy (security.md, rule 12)."""

WITH_CAPTCHA = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:").replace("media-src 'self'", "media-src data:")
"""For the one page that carries a picture and a sound within itself: they are made for one visitor and stand at no address."""

PAGE_HEADERS: tuple[tuple[str, str], ...] = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    # Within the site the referrer is wanted: after a vote the reader goes back to where the button was.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()"),
)
