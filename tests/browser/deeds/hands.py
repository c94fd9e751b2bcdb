"""How deeds are done: with a pointer and no script, with a pointer and script, or with script and nothing but a keyboard."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Cookie, Dialog, FilePayload, Locator, Page, expect

from tests.browser.deeds.deed import Added, Deed, Reading, Typed
from tests.browser.deeds.scene import Scene
from tests.browser.walker import Walker
from tests.interop.network import eventually

FOCUSABLE = "a[href], button, input:not([type=hidden]), textarea, select, summary, audio[controls], video[controls], [tabindex='0']"
STEPS_TO = f"""target => {{
    const may = each => each.checkVisibility() && !each.disabled && each.tabIndex >= 0;
    const all = [...document.querySelectorAll("{FOCUSABLE}")].filter(may);
    const here = document.activeElement, at = all.indexOf(here);
    const start = at >= 0 ? at : all.filter(each => here.compareDocumentPosition(each) & 2).length - 1;
    return all.indexOf(target) - (here === document.body ? -1 : start);
}}"""
"""How often Tab is to be pressed; a guess of where the focus goes, and whether it has gone there is looked at afterwards."""
MOST_CHOICES = 60


class Hands:
    """One person after another at one window, in one way of doing."""

    def __init__(self, walker: Walker, scene: Scene, *, script: bool, keyboard: bool) -> None:
        self.walker, self.scene, self.script, self.keyboard = walker, scene, script, keyboard
        self.page: Page = walker.page
        self.asked = 0
        self.page.on("dialog", self._agree)
        self._who = ""
        self._jars: dict[str, list[Cookie]] = {}

    def do(self, deed: Deed) -> None:
        """One deed, to its effect in the database. Raises AssertionError that names it."""
        try:
            self._do(deed)
        except Exception as error:
            raise AssertionError(f"{deed.name}, at {self.page.url} ({self.scene.mode}): {error}") from error

    def read(self, reading: Reading) -> None:
        """One way to read, and that it shows what the API answers. Raises AssertionError that names it."""
        try:
            self._read(reading)
        except Exception as error:
            raise AssertionError(f"{reading.name}, at {self.page.url} ({self.scene.mode}): {error}") from error

    def _read(self, reading: Reading) -> None:
        self.become(reading.who)
        at, to = self.scene.text(reading.at), self.scene.text(reading.to)
        if self.walker.path != at:
            self.walker.go(at)
        found = self._found(reading.press)
        for name, typed in reading.fields.items():
            self._fill(found.locator("xpath=ancestor::form[1]"), name, typed)
        self._press(found, Added.NOTHING)
        there, wanted = urlsplit(self.walker.path), urlsplit(to)
        assert (there.path, parse_qs(there.query)) == (wanted.path, parse_qs(wanted.query)), f"not at {to}"
        assert self.walker.status == 200
        if not reading.call:
            assert reading.kind in self.walker.text(self.scene.text(reading.sees))
            return
        given = {name: self.scene.text(value) if isinstance(value, str) else value for name, value in reading.given.items()}
        listed = self.scene.client(reading.who).get(reading.call, **given)[reading.kind]
        noun = reading.kind.removesuffix("s")
        shown = self.page.locator(f"main .list > article[id^={noun[0]}]").evaluate_all("all => all.map(each => Number(each.id.slice(1)))")
        assert shown == [each[noun]["id"] for each in listed]
        assert shown or {"sort", "type_", "show_read"} & given.keys(), "nothing to compare"

    def become(self, who: str) -> None:
        """Somebody else sits down; whoever left comes back to their own cookies."""
        if who == self._who:
            return
        self._jars[self._who] = self.walker.context.cookies()
        self.walker.context.clear_cookies()
        if who in self._jars:
            self.walker.context.add_cookies([{k: v for k, v in each.items() if k != "partitionKey"} for each in self._jars[who]])  # type: ignore[misc]
        elif who in self.scene.tokens:
            self.walker.context.add_cookies([{"name": "session", "value": self.scene.tokens[who], "url": self.walker.url}])
        self._who = who
        self.page.goto("about:blank")

    def _do(self, deed: Deed) -> None:
        self.become(deed.who)
        for statement in deed.before:
            self.scene.execute(statement)
        at, by_keys = self.scene.text(deed.at), self.keyboard and deed.keys
        if self.walker.path != at or deed.before or by_keys:
            self.walker.go(at)
        assert self.walker.status == 200, f"{at} answers {self.walker.status}"
        asked, opened = self.asked, self.script and deed.added is Added.OPENED
        if by_keys and not deed.through:
            self._press_keys(deed)
        else:
            self._go_through(deed, opened=opened)
            found = self._found(deed.press, scope=("main .sheet", ".inplace")[opened] if deed.added is Added.OPENED else "")
            form = found.locator("xpath=ancestor::form[1]")
            if self.page.locator(".secret").count():
                self.scene.secret = self.walker.text(".secret")
            for name, typed in deed.fields.items():
                self._fill(form, self.scene.text(name), typed(self.scene) if callable(typed) else typed)
            self._press(found, deed.added)
        if self.script and deed.added is Added.ASKED:
            assert self.asked == asked + 1, "nothing was asked"
        self._see(deed)

    def _see(self, deed: Deed) -> None:
        if deed.added is Added.LOOKED:
            self.page.locator(".seen, .looked .notice, form > .notice").first.wait_for()
        wanted = None if deed.answer is None else self.scene.text(str(deed.answer))

        def said() -> str | None:
            if deed.asked.startswith("mails: "):
                return str(self.scene.post.count(self.scene.text(deed.asked.removeprefix("mails: "))))
            if deed.asked.startswith("backups: "):
                return str(self.scene.backups())
            found = self.scene.value(deed.asked)
            return None if found is None else str(found)

        eventually(said, lambda found: found == wanted, seconds=8)
        assert self.walker.status < 400, f"answered {self.walker.status}: {self.walker.text()[:300]}"
        complaints, self.walker.complaints[:] = list(self.walker.complaints), []
        assert not complaints, f"the browser complains: {complaints}"

    def _press_keys(self, deed: Deed) -> None:
        self.page.evaluate("window.stayed = true")
        for key in deed.keys.split():
            self.page.keyboard.press(key)
        self._settled()

    def _go_through(self, deed: Deed, *, opened: bool) -> None:
        for number, link in enumerate(deed.through):
            first = link.startswith("ask: ")
            found = self._found(link.removeprefix("ask: "))
            if opened and number == len(deed.through) - 1:
                self._activate(found)
                self.page.locator(".inplace textarea").first.wait_for()
            elif self.keyboard and deed.keys:
                with self.page.expect_navigation():
                    self.page.keyboard.press(deed.keys)
            else:
                self._press(found, Added.NOTHING)
            if first:
                assert self.walker.status < 400

    def _found(self, selector: str, *, scope: str = "") -> Locator:
        found = self.page.locator(f"{scope} {self.scene.text(selector)}".strip()).first
        assert found.count(), f"there is no {self.scene.text(selector)} among: {self.walker.text()[:400]}"
        self._reveal(found)
        return found

    def _reveal(self, found: Locator) -> None:
        while not found.is_visible():
            closed = found.locator("xpath=ancestor::details[not(@open)]").first
            assert closed.count(), f"hidden for good: {found}"
            self._activate(closed.locator("> summary"))

    def _press(self, found: Locator, added: Added) -> None:
        if self.script and added in (Added.IN_PLACE, Added.LOOKED):
            self.page.evaluate("window.stayed = true")
            self._activate(found)
            self._settled()
            return
        with self.page.expect_navigation():
            self._activate(found)
        self.walker.look()

    def _settled(self) -> None:
        """The answer has come, and the page has stayed."""
        expect(self.page.locator("form[aria-busy]")).to_have_count(0)
        assert self.page.evaluate("window.stayed === true"), "the page was left"

    def _activate(self, found: Locator) -> None:
        if self.keyboard:
            self._reach(found)
            self.page.keyboard.press("Enter")
        else:
            found.click()

    def _reach(self, found: Locator) -> None:
        """Moves the focus there by Tab alone. Raises AssertionError where it cannot be had."""
        target = found.element_handle()
        for _ in range(4):
            steps = int(self.page.evaluate(STEPS_TO, target))
            for _ in range(abs(steps)):
                self.page.keyboard.press("Tab" if steps > 0 else "Shift+Tab")
            if self.page.evaluate("target => target === document.activeElement", target):
                return
        raise AssertionError(f"the keyboard does not reach {found}")

    def _fill(self, form: Locator, name: str, typed: Typed) -> None:
        name, _, value = name.partition("=")
        field = form.locator(f"[name={name}]:not([type=hidden])" + (f"[value='{value}']" if value else "")).first
        self._reveal(field)
        if isinstance(typed, bytes):
            # The dialog in which a file is chosen is the browser's.
            kind = ("x.png", "image/png") if typed.startswith(b"\x89PNG") else ("x.json", "application/json")
            field.set_input_files(FilePayload(name=kind[0], mimeType=kind[1], buffer=typed))
        elif isinstance(typed, bool):
            if field.is_checked() != typed:
                self._tick(field)
        elif field.evaluate("each => each.matches('select')"):
            self._choose(field, self.scene.text(typed))
        elif self.keyboard:
            self._reach(field)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.press("Delete")
            self.page.keyboard.insert_text(self.scene.text(typed))
        else:
            field.fill(self.scene.text(typed))

    def _tick(self, field: Locator) -> None:
        if self.keyboard:
            self._reach(field)
            self.page.keyboard.press("Space")
        else:
            field.click()

    def _choose(self, field: Locator, value: str) -> None:
        if not self.keyboard:
            field.select_option(value)
            return
        self._reach(field)
        self.page.keyboard.press("Home")
        for _ in range(MOST_CHOICES):
            if field.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the keyboard does not choose {value}")

    def _agree(self, dialog: Dialog) -> None:
        self.asked += 1
        dialog.accept()
