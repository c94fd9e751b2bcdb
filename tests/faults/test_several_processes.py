"""Three processes on one Postgres behind nginx, and an instance of SQLite that hears of all: whoever is killed or restarted meanwhile,
nothing is lost, doubled or done by two.
"""

import contextlib
import http.client
import itertools
import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from lemmy_lite.storage.claims import Claim
from tests import instances, postgres
from tests.faults.meanwhile import Meanwhile, meanwhile
from tests.instances import ApiError, Client, Instance
from tests.interop import exchange, network
from tests.interop.exchange import Exchange, comment
from tests.interop.network import arrives, eventually, found, vanishes

pytestmark = pytest.mark.faults

T = TypeVar("T")
PROCESSES = 3
KILLS = 60 if os.environ.get("LEMMY_LITE_FULL") == "1" else 4
SECONDS_BETWEEN_KILLS = 1.5
WITHIN_A_SECOND = 5.0
"""What takes a second may take so long here, where everything else runs beside it."""
LEADERS = f"SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = {int(Claim.LEAD)}"


class Site(NamedTuple):
    """`alpha` is what nginx shows of the `processes`; `beta` is another instance. Whoever starts a process must outlive it: `hands` do."""

    alpha: Instance
    processes: list[Instance]
    beta: Instance
    hands: ThreadPoolExecutor


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    postgres_server: postgres.Postgres,
    nginx: str,
    checkout: Path,
) -> Iterator[Site]:
    folder, database, front = tmp_path_factory.mktemp("several"), postgres_server.create(), free_port()
    alpha = network.instance(folder, "alpha", front, database=database)
    with contextlib.ExitStack() as stack:
        stack.callback(alpha.kill)  # it never runs, but people have called it
        stack.callback(postgres_server.drop, database)
        given = {"hostname": alpha.hostname, "database": database, "environment": network.environment()}
        processes = [Instance(folder / f"process {number}", free_port(), **given) for number in range(PROCESSES)]
        for each in processes:
            stack.callback(each.kill)
        # All at once, on an empty database: one migrates it and makes the site.
        hands = stack.enter_context(ThreadPoolExecutor(PROCESSES))
        list(hands.map(Instance.start, processes))
        assert alpha.execute("SELECT COUNT(*) FROM local_site") == [(1,)]
        stack.enter_context(_nginx(nginx, folder, (checkout / "packaging" / "several" / "nginx.conf").read_text(), alpha, processes))
        beta = network.instance(folder, "beta", free_port())
        stack.callback(beta.kill)
        yield Site(alpha, processes, beta.start(), hands)


@contextlib.contextmanager
def _nginx(program: str, folder: Path, text: str, alpha: Instance, processes: list[Instance]) -> Iterator[None]:
    """nginx with the example, without TLS; clients may say who they are, as rate limits are not what most of this is about."""
    upstream, secure = _parts(text)
    options = re.findall(r"server 127\.0\.0\.1:\d+ (.*);", upstream)[0]
    servers = "".join(f"server {each.address}:{each.port} {options};" for each in processes)
    secure = re.sub(r"^ *(ssl_.*|listen \[.*);\n", "", secure, flags=re.MULTILINE)
    for old, new in (
        ("listen 443 ssl http2;", f"listen {alpha.address}:{alpha.port};"),
        ("X-Forwarded-For $remote_addr;", "X-Forwarded-For $proxy_add_x_forwarded_for;"),
    ):
        assert old in secure
        secure = secure.replace(old, new)
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    main = f"{user}daemon off;pid {folder}/pid;error_log {folder}/nginx.log;events{{}}"
    (folder / "nginx.conf").write_text(f"{main}http{{access_log off;{temporary}upstream lemmy_lite{{{servers}}}{secure}}}")
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        with contextlib.closing(alpha.client()) as client:
            eventually(lambda: _answered(client), lambda status: status == 200)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _parts(text: str) -> tuple[str, str]:
    """The group of processes, and the server that is not for plain http alone."""
    return text[text.index("upstream lemmy_lite {") : text.index("server {\n")], text[text.rindex("server {\n") :]


def _answered(client: Client) -> int:
    """The status of an answer; 0 where there is none."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return client.call("GET", "/site", {}).status
    return 0


class Deeds:
    """What people do through nginx while processes die: a deed that was not answered is looked for before it is done again."""

    def __init__(self, main: Exchange) -> None:
        self.main = main
        self.repeated = 0

    def do(self, deed: Callable[[], Any], done: Callable[[], T | None]) -> T:
        for _ in range(100):
            with contextlib.suppress(OSError, http.client.HTTPException, ApiError):
                deed()
            if (outcome := self._asked(done)) is not None:
                return outcome
            self.repeated += 1
            time.sleep(0.2)
        raise AssertionError("in vain")

    def _asked(self, done: Callable[[], T | None]) -> T | None:
        for _ in range(20):
            with contextlib.suppress(OSError, http.client.HTTPException, ApiError):
                return done()
            time.sleep(0.1)
        raise AssertionError("nobody answers")

    def post(self, name: str) -> dict[str, Any]:
        """A post by Ann, as alpha shows it."""

        def there() -> dict[str, Any] | None:
            listed = self.main.ann.get("/post/list", community_id=self.main.home["id"], sort="New", limit=20)["posts"]
            return next((view["post"] for view in listed if view["post"]["name"] == name), None)

        return self.do(lambda: self.main.ann.post("/post", name=name, community_id=self.main.home["id"]), there)

    def vote(self, post: dict[str, Any], score: int) -> None:
        def voted() -> bool | None:
            return self.main.ann.get("/post", id=post["id"])["post_view"].get("my_vote", 0) == score or None

        self.do(lambda: self.main.ann.post("/post/like", post_id=post["id"], score=score), voted)

    def delete(self, post: dict[str, Any]) -> None:
        def deleted() -> bool | None:
            return self.main.ann.get("/post", id=post["id"])["post_view"]["post"]["deleted"] or None

        self.do(lambda: self.main.ann.post("/post/delete", post_id=post["id"], deleted=True), deleted)


class _Killed:
    """Every other second one of the processes is killed, and started again."""

    def __init__(self, site: Site) -> None:
        self._processes = site.processes
        self._enough = threading.Event()
        self.numbers: list[int] = []
        """Of those that were."""
        self._killing = site.hands.submit(self._kill)

    def _kill(self) -> None:
        for number in itertools.cycle(range(len(self._processes))):
            if self._enough.is_set():
                return
            time.sleep(SECONDS_BETWEEN_KILLS)
            self._processes[number].kill()
            self.numbers.append(number)
            self._processes[number].start()

    def often(self) -> bool:
        """Whether it is enough. Raises what has ended the kills, such as a process that does not start any more."""
        if self._killing.done():
            self._killing.result()
        return len(self.numbers) >= KILLS

    def close(self) -> None:
        """No more of them; all processes run. Raises as `often`."""
        self._enough.set()
        self._killing.result(600)


def test_stories_of_two_instances_come_out_while_processes_are_killed(site: Site) -> None:
    main = exchange.begin(site.alpha, site.beta)
    deeds, told, said, numbers = Deeds(main), [], [], itertools.count()
    with contextlib.closing(_Killed(site)) as killed:
        while not killed.often():
            number = next(numbers)
            post = deeds.post(f"Post {number}")
            copy = arrives(main.on_beta, post["ap_id"], lambda view: view["counts"]["score"] == 1)["post"]
            answer = comment(main.bob, copy["id"], f"Answer {number}")["comment"]
            main.bob.post("/post/like", post_id=copy["id"], score=1)
            deeds.vote(post, -1)
            told.append(post)
            said.append(answer)
            if number % 2:
                deeds.delete(told[number - 1])
                vanishes(main.on_beta, told[number - 1]["ap_id"])
        standing = [post for number, post in enumerate(told) if number % 2 or number == len(told) - 1]
    # Where all have come to rest, both sides show the same, each thing once.
    for post in standing:
        for side in (main.on_alpha, main.on_beta):
            eventually(
                lambda side=side, post=post: _counts(side, post["ap_id"]),  # type: ignore[misc]
                lambda counts: counts == (1, 1, 1),
                seconds=30,
            )
    eventually(lambda: site.alpha.execute("SELECT COUNT(*) FROM inbox_activity"), lambda rows: rows == [(0,)])
    names = Counter(name for (name,) in site.alpha.execute("SELECT name FROM post"))
    assert names == Counter(f"Post {number}" for number in range(len(told)))
    for instance in (site.alpha, site.beta):
        contents = Counter(text for (text,) in instance.execute("SELECT content FROM comment"))
        assert contents == Counter(answer["content"] for answer in said)
    # Each deed has one activity, which was told to beta under one id.
    ids = [ap_id for (ap_id,) in site.alpha.execute("SELECT ap_id FROM sent_activity")]
    assert len(set(ids)) == len(ids)
    eventually(lambda: site.alpha.execute(LEADERS), lambda rows: rows == [(1,)], seconds=WITHIN_A_SECOND)
    assert len(killed.numbers) >= KILLS


def _counts(side: Client, ap_id: str) -> tuple[int, int, int] | None:
    view = found(side, ap_id)
    return None if view is None else tuple(view["counts"][name] for name in ("upvotes", "downvotes", "comments"))  # type: ignore[return-value]


def test_what_one_process_is_told_holds_at_all_of_them(site: Site) -> None:
    one, two, three = site.processes
    admin = one.logged_in(instances.ADMIN)
    elsewhere = two.client(admin.jwt)

    # Settings, and what strangers are shown of them.
    for process in (two, three):
        assert process.client().get("/site")["site_view"]["site"]["name"] == "Test"
    admin.put("/site", name="Known to all", rate_limit_search=3, rate_limit_search_per_second=3600)
    for process in (two, three):
        eventually(
            lambda process=process: process.client().get("/site")["site_view"]["site"]["name"],  # type: ignore[misc]
            lambda name: name == "Known to all",
            seconds=WITHIN_A_SECOND,
        )

    # Rate limits: what is taken at one door is taken at all.
    def searched(process: Instance) -> int:
        return process.client(address="203.0.113.7").call("GET", "/search", {"q": "something"}).status

    assert eventually(lambda: [searched(two) for _ in range(4)], lambda answers: answers[-1] == 400, seconds=WITHIN_A_SECOND)
    granted = Counter[int]()
    eventually(lambda: granted.update([searched(three)]) or granted[400], seconds=WITHIN_A_SECOND)
    assert granted[200] <= 3, "no more than before it has heard of the others"
    admin.put("/site", rate_limit_search=999, rate_limit_search_per_second=60)
    eventually(lambda: searched(three), lambda status: status == 200, seconds=WITHIN_A_SECOND)

    # Sessions and bans: at once, as nothing of them is kept.
    zed = site.alpha.registered("zed")
    person = zed.get("/site")["my_user"]["local_user_view"]["person"]
    home = elsewhere.post("/community", name="afterwards", title="Afterwards")["community_view"]["community"]
    at_three = three.client(zed.jwt)
    written = at_three.post("/post", name="Allowed", community_id=home["id"])["post_view"]["post"]
    elsewhere.post("/user/ban", person_id=person["id"], ban=True)
    assert at_three.call("POST", "/comment", {"post_id": written["id"], "content": "Not allowed"}).status >= 400
    elsewhere.post("/user/logout")
    assert admin.call("GET", "/user/unread_count", {}).status == 401

    assert site.alpha.execute(LEADERS) == [(1,)]


def test_a_rolling_restart_under_load_loses_no_request(site: Site) -> None:
    ann = site.alpha.registered("ann_of_the_load")
    home = ann.post("/community", name="busy", title="Busy")["community_view"]["community"]
    answered, failed = Counter[str](), []

    def write(number: int, others: Meanwhile[None]) -> None:
        client = site.alpha.client(ann.jwt)
        for turn in itertools.count():
            if others.over.is_set():
                return
            for method, path, fields in (
                ("POST", "/post", {"name": f"Written by {number} in turn {turn}", "community_id": home["id"]}),
                ("GET", "/post/list", {"community_id": home["id"], "sort": "New", "limit": 5}),
            ):
                try:
                    answer = client.call(method, path, fields)
                except (OSError, http.client.HTTPException) as trouble:
                    failed.append((method, path, repr(trouble)))
                    continue
                answered[method] += answer.status == 200
                if answer.status != 200:
                    failed.append((method, path, f"{answer.status} {answer.body[:200]!r}"))
                time.sleep(0.02)

    with meanwhile(*(partial(write, number) for number in range(4))):
        for process in site.processes:
            time.sleep(0.5)
            process.stop()
            site.hands.submit(process.start).result()
        time.sleep(0.5)
    assert not failed, failed[:5]
    assert answered["POST"] > 10
    assert site.alpha.execute(f"SELECT COUNT(*) FROM post WHERE community_id = {home['id']}") == [(answered["POST"],)]
