"""Removes from links what only serves to follow people around.

Lemmy uses the ClearURLs rules for this. Ours are a short table of what actually turns up in shared links; everything else in
a link stays as it was written, byte for byte.
"""

import re
from collections.abc import Mapping
from typing import Final

# Parameters that track wherever they appear. A trailing "*" stands for any rest.
EVERYWHERE: Final = (
    "utm_*", "ga_*", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "srsltid", "_ga", "_gl",  # Google
    "action_object_map", "action_type_map", "action_ref_map",
    "fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref",  # Facebook
    "igshid", "igsh", "ig_rid",  # Instagram
    "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking",  # newsletters
    "vero_conv", "vero_id", "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "ml_subscriber", "ml_subscriber_hash",
    "msclkid", "yclid", "ysclid", "_openstat", "twclid", "ttclid", "li_fat_id", "epik", "rdt_cid",  # other advertisers
    "mtm_*", "pk_*", "piwik_*", "matomo_*", "hmb_*", "itm_*", "spm", "at_campaign*", "at_custom*", "at_medium", "at_link*",
    "xtor", "cmpid", "ncid", "__twitter_impression", "ref_src", "ref_url", "wt_mc", "wt.mc_id", "campaign_id", "guccounter",
    "guce_referrer", "guce_referrer_sig", "cvid", "ocid", "sc_campaign", "sc_channel", "sc_outcome",
)  # fmt: skip

_AMAZON: Final = ("tag", "ref", "ref_", "pf_rd_*", "pd_rd_*", "qid", "sr", "crid", "sprefix", "dib", "dib_tag", "linkcode", "ascsubtag")

# Parameters that track on one site and mean something elsewhere. Subdomains are included.
ON_SITES: Final[Mapping[str, tuple[str, ...]]] = {
    "youtube.com": ("si", "feature", "kw", "pp", "ab_channel", "embeds_*", "source_ve_path"),
    "youtu.be": ("si", "feature", "pp"),
    "spotify.com": ("si", "context", "nd", "dlsi"),
    "twitter.com": ("s", "t", "cn", "src"),
    "x.com": ("s", "t", "cn", "src"),
    "reddit.com": ("share_id", "rdt", "correlation_id", "ref_campaign", "ref", "$deep_link", "post_fullname", "post_index"),
    "instagram.com": ("ig_mid",),
    "tiktok.com": ("_r", "_t", "is_from_webapp", "sender_device", "is_copy_url", "share_app_id", "share_item_id", "tt_from"),
    "amazon.com": _AMAZON,
    "amazon.de": _AMAZON,
    "amazon.co.uk": _AMAZON,
    "ebay.com": ("_trkparms", "_trksid", "mkevt", "mkcid", "mkrid", "campid", "toolid", "customid", "amdata"),
    "aliexpress.com": ("aff_*", "algo_*", "btsid", "ws_ab_test", "scm", "pvid", "sk", "terminal_id"),
    "medium.com": ("source",),
    "linkedin.com": ("trk", "trackingid", "refid", "lipi", "midtoken"),
    "nytimes.com": ("smid", "smtyp", "referringsource"),
    "bing.com": ("form", "sk", "sp", "sc", "qs"),
    "google.com": ("ved", "ei", "sei", "gs_lcp", "gs_lcrp", "gs_gbg", "sclient", "sxsrf", "aqs", "sourceid", "uact", "usg", "bih", "biw"),
    "substack.com": ("r", "isfreemail", "publication_id", "triedredirect"),
    "theguardian.com": ("cmp", "int_source", "int_campaign"),
    "bbc.co.uk": ("at_*", "ns_*"),
    "bbc.com": ("at_*", "ns_*"),
}

# A link in running text: everything up to white space, a quote or a bracket that would end it in markdown or HTML.
_LINK: Final = re.compile(r"https?://[^\s<>\"'`\]\[(){}|\\^]+", re.IGNORECASE)
_NOT_AT_THE_END: Final = "*_~.,:;!?"
_HOST: Final = re.compile(r"https?://(?:[^/?#@]*+@)?([^/?#:]+)", re.IGNORECASE)


def clean(url: str) -> str:
    """The http(s) link without tracking parameters; any other text, and any other part of the link, unchanged. Idempotent."""
    host = _HOST.match(url)
    address, hash_mark, fragment = url.partition("#")
    path, question_mark, query = address.partition("?")
    if host is None or not question_mark:
        return url
    site = _rules_of(host[1].lower().rstrip("."))
    parameters = query.split("&")
    kept = [parameter for parameter in parameters if not _tracks(parameter, site)]
    if len(kept) == len(parameters):
        return url
    return path + ("?" + "&".join(kept) if kept else "") + hash_mark + fragment


def clean_links_in(markdown: str) -> str:
    """The text with every link in it cleaned, and nothing else changed. Idempotent."""
    if "://" not in markdown:
        return markdown
    return _LINK.sub(_clean_match, markdown)


def _clean_match(link: re.Match[str]) -> str:
    """The sentence's or markdown's own signs at the end of a bare link ("**https://…**", "https://….") are not part of it."""
    url = link[0].rstrip(_NOT_AT_THE_END)
    return clean(url) + link[0][len(url) :]


def _rules_of(host: str) -> tuple[str, ...]:
    labels = host.split(".")
    for start in range(max(0, len(labels) - 3), len(labels) - 1):
        rules = ON_SITES.get(".".join(labels[start:]))
        if rules is not None:
            return rules
    return ()


def _tracks(parameter: str, site: tuple[str, ...]) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in _EXACT or name.startswith(_PREFIXES) or any(_matches(name, rule) for rule in site)


def _matches(name: str, rule: str) -> bool:
    return name.startswith(rule[:-1]) if rule.endswith("*") else name == rule


_EXACT: Final = frozenset(rule for rule in EVERYWHERE if not rule.endswith("*"))
_PREFIXES: Final = tuple(rule[:-1] for rule in EVERYWHERE if rule.endswith("*"))
