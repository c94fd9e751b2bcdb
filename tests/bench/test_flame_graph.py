"""What a sampler saw becomes a picture whose widths are true: counted on stacks made by hand, and once on a process of ours."""

import asyncio
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench import flames, sampling
from tests.bench.figures import Case
from tests.bench.flame_graph import LEAST, flame_graph
from tests.bench.page import page
from tests.bench.sampling import Seen
from tests.bench.serving import Refused
from tests.bench.stacks import LIBRARIES, OUTSIDE, ROOMS, TOP, Frame, by_library, by_room, folded, frame, hottest, mended, samples, weighed

SVG = "{http://www.w3.org/2000/svg}"
PYTHON = "/usr/lib/python3.11"
LOOP = f"main ({TOP}/lemmy_lite/cli/main.py);run ({PYTHON}/asyncio/runners.py);BaseEventLoop._run_once ({PYTHON}/asyncio/base_events.py)"
ANSWER = f"respond ({TOP}/lemmy_lite/http/middleware.py)"
PAGE = f"page.<locals>.<lambda> ({TOP}/lemmy_lite/domain/post_listing.py)"
FETCH = f"SqliteSession.fetch ({TOP}/lemmy_lite/storage/sqlite.py)"
RUN = f"Handle._run ({PYTHON}/asyncio/events.py)"
BUILT = "<lambda> (<PostView of a row>)"
SENT = f"drain (/x/site-packages/aiohttp/http.py);write (/x/site-packages/aiohttp/stream.py);write ({PYTHON}/asyncio/streams.py)"
SEEN = f"""\
thread (1): MainThread;{LOOP};{RUN};{ANSWER};{PAGE};{FETCH} 60
thread (1): MainThread;{LOOP};{RUN};{ANSWER};{PAGE} 20
thread (1): MainThread;{LOOP};{RUN};{ANSWER};{SENT} 20
thread (1): MainThread;{LOOP};EpollSelector.select ({PYTHON}/selectors.py) 900
thread (2): Thread-1;_connection_worker_thread (/x/site-packages/aiosqlite/core.py);{FETCH} 5
thread (2): Thread-1;_connection_worker_thread (/x/site-packages/aiosqlite/core.py) 500
thread (3) 70
"""
SPENT = {1: 5.0, 2: 4.0, 3: 1.0}


def stacks(seen: str = SEEN, spent: Mapping[int, float] = SPENT) -> dict[tuple[Frame, ...], float]:
    """What the threads spent."""
    return weighed(mended(list(samples(seen.splitlines()))), spent)


def drawn() -> ET.Element:
    """The picture of it, read as XML."""
    return ET.fromstring(flame_graph(stacks(), "all of <it>", by_room(stacks()).items(), 2.0, " a page"))


def boxes(picture: ET.Element) -> list[tuple[str, float, float, int]]:
    """Of each frame its title, its left and right edge in percents, and its row; the legend is left out."""
    found = []
    for each in picture.findall(f"{SVG}svg"):
        title, y = each.findtext(f"{SVG}title") or "", int(each.attrib["y"])
        if title not in ROOMS:
            left = float(each.attrib["x"].rstrip("%"))
            found.append((title, left, left + float(each.attrib["width"].rstrip("%")), y))
    return found


def test_a_thread_weighs_what_its_clock_says_however_often_it_was_seen() -> None:
    assert sum(stacks().values()) == pytest.approx(10.0)
    by_name = {" ".join(each.function for each in stack[-2:]): weight for stack, weight in stacks().items()}
    assert by_name["page.<locals>.<lambda> SqliteSession.fetch"] == pytest.approx(3.0)
    assert by_name["_connection_worker_thread SqliteSession.fetch"] == pytest.approx(4.0)
    assert by_name["outside of Python"] == pytest.approx(1.0)


def test_rooms_and_libraries_have_what_their_functions_do_themselves() -> None:
    assert {room: round(share, 3) for room, share in by_room(stacks()).items() if share} == {
        "domain": 0.1,
        "storage": 0.7,
        LIBRARIES: 0.1,
        OUTSIDE: 0.1,
    }
    assert by_library(stacks()) == {"asyncio": pytest.approx(0.1)}


def test_the_hottest_function_is_told_with_what_it_spends_itself_and_with_what_it_calls() -> None:
    first = hottest(stacks(), 1)[0]
    assert (first.frame.name, first.frame.place) == ("SqliteSession.fetch", "storage/sqlite.py")
    assert first.own == pytest.approx(0.7)
    listing = next(each for each in hottest(stacks(), 9) if each.frame.room == "domain")
    assert (listing.frame.name, listing.own, listing.whole) == ("page.<lambda>", pytest.approx(0.1), pytest.approx(0.4))


def test_plumbing_below_the_work_goes_and_a_library_is_one_frame() -> None:
    found = [[each.name or each.place for each in folded(stack)] for stack in stacks()]
    assert found[0] == ["event loop", "asyncio", "respond", "page.<lambda>", "SqliteSession.fetch"]
    assert found[2] == ["event loop", "asyncio", "respond", "aiohttp", "asyncio"]


def test_what_is_compiled_at_the_start_has_the_room_of_its_maker() -> None:
    assert frame(BUILT) == Frame("PostView of a row", "storage/shapes.py", "storage")


def test_a_torn_stack_hangs_where_its_first_frame_is_called() -> None:
    torn = f"{SEEN}thread (1): MainThread;{PAGE};{FETCH} 100\n"
    assert len(stacks(torn)) == len(stacks())
    assert by_room(stacks(torn))["storage"] == pytest.approx(0.8)


def test_no_line_without_a_thread_is_taken_for_a_stack() -> None:
    with pytest.raises(ValueError, match="no thread"):
        list(samples([f"{FETCH} 3"]))


def test_a_frame_is_as_wide_as_its_share_and_lies_within_the_one_that_calls_it() -> None:
    found = boxes(drawn())
    assert found[0][1:3] == (0.0, 100.0)
    rows = sorted({row for *_, row in found})
    for _, left, right, row in found[1:]:
        above = [each for each in found if each[3] == rows[rows.index(row) - 1]]
        assert any(outer[1] - 0.02 <= left and right <= outer[2] + 0.02 for outer in above)
    for row in rows:
        ordered = sorted((left, right) for _, left, right, at in found if at == row)
        assert all(right <= left + 0.02 for (_, right), (left, _) in pairwise(ordered))
    widths = {title.split(":")[0]: round(right - left, 1) for title, left, right, _ in found}
    assert widths["event loop"] == 50.0
    assert widths["page.<lambda>, domain/post_listing.py"] == 40.0


def test_every_frame_says_its_name_its_share_and_its_time() -> None:
    titles = [title for title, *_ in boxes(drawn())]
    assert len(titles) == 11
    assert all(title.endswith(" ms a page") and " %, " in title for title in titles)
    assert "page.<lambda>, domain/post_listing.py: 40.0 %, 0.8 ms a page" in titles
    assert "all of <it>: 100.0 %, 2 ms a page" in titles


def test_what_is_too_narrow_to_see_is_left_out() -> None:
    some = {thread: seconds for thread, seconds in SPENT.items() if thread != 3} | {3: 10 * LEAST * 0.9}
    picture = flame_graph(stacks(spent=some), "all", [], 1.0, "")
    assert OUTSIDE not in picture
    assert picture.count("<svg") == len(boxes(drawn()))  # one less, and the picture itself


def test_the_picture_stands_on_the_page_with_its_words_and_runs_nothing() -> None:
    flame = flames.Flame(flames.LISTS, 400.0, 2.0, Seen(stacks(), 100, 900, 7, flames.Work(1, 1.0)))
    no_cases: tuple[Case, ...] = ()
    whole = page(no_cases, [], {}, [flames.html(flame)])
    assert whole.count(flame.picture(alone=False)) == 1
    assert "<script" not in whole
    assert "page.<wbr>&lt;lambda&gt; <small>domain/post_listing.py</small><td class=n>10.0 %<td class=n>40.0 %<td class=n>0.200 ms" in whole
    told = flames.words(flame).splitlines()
    assert told[3] == "     70.0 %  storage"
    assert told[8].split() == ["70.0", "%", "70.0", "%", "1.400", "SqliteSession.fetch", "storage/sqlite.py"]


def test_a_process_of_ours_is_looked_at(tmp_path: Path) -> None:
    busy = tmp_path / "busy.py"
    busy.write_text("def counting():\n    while True:\n        sum(range(1000))\n\n\ncounting()\n")

    async def look() -> Seen[None]:
        process = await asyncio.create_subprocess_exec(sys.executable, "-P", str(busy))
        try:
            return await sampling.sampled(process.pid, 0.5, lambda: asyncio.sleep(0.5))
        finally:
            process.kill()
            await process.wait()

    try:
        seen = asyncio.run(look())
    except Refused as error:
        pytest.skip(str(error))
    assert seen.working > 0
    assert "counting" in {each.function for stack in seen.stacks for each in stack}
