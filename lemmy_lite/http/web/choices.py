"""The choices a reader has in lists, worded for people: a table each of (value of API v3, words)."""

LISTINGS = (("Subscribed", "Subscribed"), ("Local", "Local"), ("All", "All"))

MAIN_SORTS = (("Active", "Active"), ("Hot", "Hot"), ("Scaled", "Scaled"), ("New", "New"))
"""The sorts that stand in the open; the rest is one click away."""

TOP_SORTS = (
    ("TopHour", "Top of the hour"),
    ("TopSixHour", "Top of 6 hours"),
    ("TopTwelveHour", "Top of 12 hours"),
    ("TopDay", "Top of the day"),
    ("TopWeek", "Top of the week"),
    ("TopMonth", "Top of the month"),
    ("TopThreeMonths", "Top of 3 months"),
    ("TopSixMonths", "Top of 6 months"),
    ("TopNineMonths", "Top of 9 months"),
    ("TopYear", "Top of the year"),
    ("TopAll", "Top of all time"),
)

OTHER_SORTS = (
    ("MostComments", "Most comments"),
    ("NewComments", "New comments"),
    ("Controversial", "Controversial"),
    ("Old", "Oldest"),
)

MORE_SORTS = TOP_SORTS + OTHER_SORTS
SORTS = MAIN_SORTS + MORE_SORTS
SORT_WORDS = dict(SORTS)

COMMENT_SORTS = (("Hot", "Hot"), ("Top", "Top"), ("New", "New"), ("Old", "Old"), ("Controversial", "Controversial"))

SEARCH_TYPES = (("All", "Everything"), ("Posts", "Posts"), ("Comments", "Comments"), ("Communities", "Communities"), ("Users", "People"))

PROFILE_VIEWS = (("Overview", "Overview"), ("Posts", "Posts"), ("Comments", "Comments"))

THEMES = (("browser", "As the device wishes"), ("litely", "Light"), ("darkly", "Dark"))
"""Values are theme names of lemmy-ui, so that an account's choice means the same in both."""

VISIBILITIES = (("Public", "Everyone, on every server"), ("LocalOnly", "Only people with an account here"))
