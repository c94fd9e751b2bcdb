from lemmy_lite.text.mentions import Mention, find


def test_a_mention_names_a_person_and_a_host() -> None:
    text = "A post by [@tedu@honk.example](/u/test), another by !main@fish.example and [@lemmy@lemmy-alpha:8540](/u/fish)"
    assert find(text) == [Mention("tedu", "honk.example"), Mention("lemmy", "lemmy-alpha:8540")]


def test_a_bare_name_is_no_mention() -> None:
    assert find("hello @ann, write to ann@example.com") == []


def test_a_person_named_twice_is_mentioned_once() -> None:
    assert find("@ann@example.com and @ann@EXAMPLE.com") == [Mention("ann", "example.com")]


def test_names_of_any_alphabet_are_found() -> None:
    assert find("@Владимир@example.com") == [Mention("Владимир", "example.com")]


def test_the_full_stop_of_a_sentence_does_not_belong_to_the_host() -> None:
    assert find("thanks to @ann@example.com.") == [Mention("ann", "example.com")]


def test_a_host_of_punctuation_alone_is_no_mention() -> None:
    assert find("@ann@...") == []
