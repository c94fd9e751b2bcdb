"""The schema as an ordered list of migrations, each run in one transaction.

Shared text uses the `{type}` words of dialect.py; `sqlite` and `postgres` hold what only one of them needs. A migration that has been
released is never changed: a new one follows.
"""

from lemmy_lite.storage.migrations.m0001_nouns import MIGRATION as NOUNS
from lemmy_lite.storage.migrations.m0002_search import MIGRATION as SEARCH
from lemmy_lite.storage.migrations.m0003_upkeep import MIGRATION as UPKEEP
from lemmy_lite.storage.migrations.m0004_feed_key import MIGRATION as FEED_KEY
from lemmy_lite.storage.migrations.m0005_signature_scheme import MIGRATION as SIGNATURE_SCHEME
from lemmy_lite.storage.migrations.m0006_backfill import MIGRATION as BACKFILL
from lemmy_lite.storage.migrations.m0007_person_follower import MIGRATION as PERSON_FOLLOWER
from lemmy_lite.storage.migrations.m0008_mail import MIGRATION as MAIL
from lemmy_lite.storage.migrations.m0009_vote_log import MIGRATION as VOTE_LOG
from lemmy_lite.storage.migrations.m0010_disputed_comment import MIGRATION as DISPUTED_COMMENT
from lemmy_lite.storage.migrations.m0011_delivery_trouble import MIGRATION as DELIVERY_TROUBLE
from lemmy_lite.storage.migrations.m0012_mail_digest import MIGRATION as MAIL_DIGEST
from lemmy_lite.storage.migrations.m0013_disk import MIGRATION as DISK
from lemmy_lite.storage.migrations.m0014_recovery_code import MIGRATION as RECOVERY_CODE
from lemmy_lite.storage.migrations.m0015_image_removal import MIGRATION as IMAGE_REMOVAL
from lemmy_lite.storage.migrations.m0016_community_order import MIGRATION as COMMUNITY_ORDER
from lemmy_lite.storage.migrations.m0017_adoption import MIGRATION as ADOPTION
from lemmy_lite.storage.migrations.m0018_rate_limit_bucket import MIGRATION as RATE_LIMIT_BUCKET
from lemmy_lite.storage.migrations.m0019_retired_key import MIGRATION as RETIRED_KEY
from lemmy_lite.storage.migrations.m0020_received_digest import MIGRATION as RECEIVED_DIGEST
from lemmy_lite.storage.migrations.m0021_score_tier import MIGRATION as SCORE_TIER
from lemmy_lite.storage.migrations.m0022_active_hour import MIGRATION as ACTIVE_HOUR
from lemmy_lite.storage.migrations.m0023_comment_tier import MIGRATION as COMMENT_TIER
from lemmy_lite.storage.migrations.migration import Migration

MIGRATIONS: list[Migration] = [
    NOUNS,
    SEARCH,
    UPKEEP,
    FEED_KEY,
    SIGNATURE_SCHEME,
    BACKFILL,
    PERSON_FOLLOWER,
    MAIL,
    VOTE_LOG,
    DISPUTED_COMMENT,
    DELIVERY_TROUBLE,
    MAIL_DIGEST,
    DISK,
    RECOVERY_CODE,
    IMAGE_REMOVAL,
    COMMUNITY_ORDER,
    ADOPTION,
    RATE_LIMIT_BUCKET,
    RETIRED_KEY,
    RECEIVED_DIGEST,
    SCORE_TIER,
    ACTIVE_HOUR,
    COMMENT_TIER,
]

NEWEST = MIGRATIONS[-1].number
