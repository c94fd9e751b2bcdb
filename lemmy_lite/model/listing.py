"""Which things a list shows and in which order."""

from enum import StrEnum


class SortType(StrEnum):
    """Order of posts and communities. Active is the default of a fresh site."""

    ACTIVE = "Active"
    HOT = "Hot"
    NEW = "New"
    OLD = "Old"
    TOP_DAY = "TopDay"
    TOP_WEEK = "TopWeek"
    TOP_MONTH = "TopMonth"
    TOP_YEAR = "TopYear"
    TOP_ALL = "TopAll"
    MOST_COMMENTS = "MostComments"
    NEW_COMMENTS = "NewComments"
    TOP_HOUR = "TopHour"
    TOP_SIX_HOUR = "TopSixHour"
    TOP_TWELVE_HOUR = "TopTwelveHour"
    TOP_THREE_MONTHS = "TopThreeMonths"
    TOP_SIX_MONTHS = "TopSixMonths"
    TOP_NINE_MONTHS = "TopNineMonths"
    CONTROVERSIAL = "Controversial"
    SCALED = "Scaled"


class CommentSortType(StrEnum):
    """Order of comments."""

    HOT = "Hot"
    TOP = "Top"
    NEW = "New"
    OLD = "Old"
    CONTROVERSIAL = "Controversial"


class ListingType(StrEnum):
    """Whose posts, comments or communities a list takes from. A fresh site shows Local."""

    ALL = "All"
    LOCAL = "Local"
    SUBSCRIBED = "Subscribed"
    MODERATOR_VIEW = "ModeratorView"


class SearchType(StrEnum):
    """What kind of thing a search looks for."""

    ALL = "All"
    COMMENTS = "Comments"
    POSTS = "Posts"
    COMMUNITIES = "Communities"
    USERS = "Users"
    URL = "Url"
