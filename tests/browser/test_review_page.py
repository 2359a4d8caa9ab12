"""What a person does at the review page, in a real browser, with nothing but keys where keys are due."""

import sqlite3

import pytest
import review_rows
from browser_page import Served


def said(tab, text):
    """Wait until the page says something; it does so after the server has it on the disk."""
    tab.wait_for_function("t => document.querySelector('#said').textContent.includes(t)", arg=text)


def failed(tab, text):
    """Wait until the page says that something did not work."""
    tab.wait_for_function(
        "t => document.querySelector('#failed').textContent.includes(t)", arg=text
    )


def row_shown(tab, number):
    """Wait until a row is shown."""
    tab.wait_for_function(
        "n => document.querySelector('article.row')?.dataset.id === n", arg=f"row:{number}"
    )
    tab.wait_for_load_state()  # keys count once the script has run


def states(served):
    """Read from the file of the review what is on the disk: (row, field) → value."""
    with sqlite3.connect(f"{served.data}.review.sqlite") as file:
        found = file.execute("SELECT id, field, value FROM state JOIN rows USING (row)").fetchall()
    return {(row, field): value for row, field, value in found}


def test_twenty_rows_by_keys_alone(served, visit):
    """Confirm, reject with a reason, score, label, tag, note, undo: one or two keys a row, no mouse."""
    page = served(review_rows.rows(20))
    tab = visit(page.url)
    keys = tab.keyboard
    keys.press("n")
    for number in range(20):
        row_shown(tab, number)
        if number == 3:  # a number sets the label, Shift and a number the score
            keys.press("2")
            said(tab, "Labelled: 1")
            keys.press("Shift+Digit4")
            said(tab, "Scored: 1")
        if number == 5:
            keys.press("t")
            keys.type("看")
            keys.press("Enter")
            said(tab, "Tagged: 1")
            keys.press("m")
            keys.type("ask the museum")
            keys.press("Control+Enter")
            said(tab, "Note saved")
        if number % 4 == 1:
            keys.press("r")
            keys.type("wrong price")
            keys.press("Enter")
            said(tab, "1 rejected")
        else:
            keys.press("c")
            said(tab, "1 confirmed")
    tab.wait_for_selector("text=No unreviewed row is left here.")
    kept = states(page)
    decided = [kept[f"row:{n}", "status"] for n in range(20)]
    assert ['"rejected"' if n % 4 == 1 else '"confirmed"' for n in range(20)] == decided
    assert '"wrong price"' == kept["row:1", "reason"]
    assert "4.0" == kept["row:3", "score"]
    assert '"ask the museum"' == kept["row:5", "note"]
    assert ("row:5", "tag:看") in kept and ("row:3", "edit:label") in kept
    keys.press("u")
    said(tab, "Undone")
    assert ("row:19", "status") not in states(page)


def test_an_edit_that_the_format_refuses_is_not_saved_and_not_lost(served, visit):
    """The reason stands at the field, the words stay, and what is right then is saved."""
    page = served(review_rows.rows(3))
    tab = visit(page.url)
    keys = tab.keyboard
    keys.press("j")
    keys.press("Enter")
    row_shown(tab, 0)
    keys.press("e")
    quality = tab.locator("#edit [name='quality']")
    quality.fill("seventeen")
    quality.press("Control+Enter")
    wrong = tab.locator("#edit label:has([name='quality']) .wrong")
    wrong.wait_for(state="visible")
    tab.wait_for_function(
        "() => document.querySelector('#edit [name=quality]').getAttribute('aria-invalid') === 'true'"
    )
    assert "quality" in wrong.inner_text()
    assert "seventeen" == quality.input_value()
    assert {} == states(page)
    quality.fill("3.5")
    tab.locator("#edit [name='label']").select_option("时间")
    tab.locator("#edit [name='messages.1.content']").fill("The ticket costs 80 yuan.")
    tab.locator("#edit [name='messages.1.content']").press("Control+Enter")
    said(tab, "Edit saved")
    assert "The ticket costs 80 yuan." in tab.locator(".turn.assistant .text").inner_text()
    assert {("row:0", "edit:messages"), ("row:0", "edit:label")} == set(states(page))


def test_bulk_reject_of_a_filter_and_undo(served, visit):
    """A search, all that it finds, one reason; one key takes all of it back."""
    page = served(review_rows.rows(120))
    tab = visit(page.url)
    keys = tab.keyboard
    keys.press("/")
    keys.type("ticket 1")
    keys.press("Enter")
    many = sum("1" in str(n) for n in range(120))
    tab.wait_for_selector(f"text={many} found")
    keys.press("Escape")
    keys.press("Shift+A")
    tab.wait_for_selector(f"text=All {many} selected")
    keys.press("r")
    keys.type("too many")
    keys.press("Enter")
    said(tab, f"{many} rejected")
    assert many == sum(field == "status" for _, field in states(page))
    assert many == tab.locator(".item.rejected").count()
    keys.press("u")
    said(tab, "Undone")
    assert {} == states(page)
    assert 0 == tab.locator(".item.rejected").count()


def test_some_rows_of_a_page(served, visit):
    """J and x select; c confirms what is selected, and only that."""
    page = served(review_rows.rows(5))
    tab = visit(page.url)
    for key in ("j", "x", "j", "j", "x"):
        tab.keyboard.press(key)
    tab.wait_for_selector("text=2 selected")
    tab.keyboard.press("c")
    said(tab, "2 confirmed")
    assert {("row:0", "status"), ("row:2", "status")} == set(states(page))


def test_two_people_at_one_row(served, visit):
    """Each sees what the other decided; nobody's decision is overwritten."""
    page = served(review_rows.rows(2))
    address = None
    for name, key, word in (("ana", "c", "1 confirmed"), ("bo", "r", "1 rejected")):
        tab = visit(page.url, reviewer=name)
        address = address or tab.url + "row?id=row:0"
        tab.goto(address)
        row_shown(tab, 0)
        if name == "bo":
            assert "ana says: confirmed" in tab.locator("main").inner_text()
        tab.keyboard.press(key)
        if key == "r":
            tab.keyboard.press("Enter")
        said(tab, word)
    with sqlite3.connect(f"{page.data}.review.sqlite") as file:
        found = file.execute(
            "SELECT reviewer, value FROM state WHERE field = 'status' ORDER BY reviewer"
        ).fetchall()
    assert [("ana", '"confirmed"'), ("bo", '"rejected"')] == found
    tab.goto(address.replace("row?id=row:0", "progress"))
    assert "1 rows were decided about by two people" in tab.locator("main").inner_text()


def test_words_outlive_the_server(served, visit):
    """Killed in mid-edit: the page says that nothing was saved, keeps the words, and saves them later."""
    page = served(review_rows.rows(3))
    tab = visit(page.url)
    tab.keyboard.press("n")
    row_shown(tab, 0)
    tab.keyboard.press("c")
    said(tab, "1 confirmed")
    row_shown(tab, 1)
    tab.keyboard.press("e")
    answer = tab.locator("#edit [name='messages.1.content']")
    answer.fill("八十元。")
    page.kill()
    answer.press("Control+Enter")
    failed(tab, "nothing was saved")
    assert "八十元。" == answer.input_value()
    page.start()
    tab.goto(page.url)
    tab.wait_for_selector("ol.rows > li")
    tab.wait_for_load_state()
    assert {("row:0", "status"): '"confirmed"'} == states(page)
    tab.keyboard.press("n")
    row_shown(tab, 1)
    tab.wait_for_selector("text=Words that were not saved are back")
    assert "八十元。" == answer.input_value()
    answer.press("Control+Enter")
    said(tab, "Edit saved")
    assert "八十元。" in states(page)["row:1", "edit:messages"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """One page over all hostile rows."""
    folder = tmp_path_factory.mktemp("hostile") / "rows"
    review_rows.hostile_rows().save_to_disk(str(folder))
    page = Served(folder)
    yield page
    page.kill()


@pytest.mark.parametrize("name", sorted(review_rows.HOSTILE))
def test_a_row_cannot_run_script_or_reach_elsewhere(hostile, visit, name):
    """Whatever a row holds, it is shown as words: no script, no request, no page wider than the window."""
    tab = visit(hostile.url)
    tab.goto(f"{tab.url}row?id=hostile:{name}")
    tab.wait_for_selector("article.row")
    assert "taken" not in tab.title()
    assert 0 == tab.locator("main img, main script, main [onclick], main [onerror]").count()
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert f"answer to {name}" in tab.locator(".turn.assistant").inner_text()[:300]
    tab.keyboard.press("c")
    said(tab, "1 confirmed")


def test_200_000_rows(served, visit):
    """First page, next page, filter, search and a decision on all that is found, in a large dataset."""
    page = served(review_rows.rows(200_000))
    tab = visit(page.url)
    assert "200,000 found" in tab.locator("#counted").inner_text()
    tab.wait_for_selector(".facets section li a", timeout=120_000)
    tab.keyboard.press("]")
    tab.wait_for_selector("text=Page 2 of 4,000")
    tab.keyboard.press("/")
    tab.keyboard.type('"ticket 199999"')
    tab.keyboard.press("Enter")
    tab.wait_for_selector("text=1 found")
    tab.keyboard.press("Escape")
    tab.keyboard.press("j")
    tab.keyboard.press("c")
    said(tab, "1 confirmed")
    assert {("row:199999", "status"): '"confirmed"'} == states(page)


@pytest.mark.parametrize(("locale", "word"), [("zh-CN", "确认"), ("en-GB", "Confirm")])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_language_and_theme_follow_the_browser(served, visit, locale, word, theme):
    """And a click on the other one stays."""
    page = served(review_rows.rows(2))
    tab = visit(page.url, locale=locale, color_scheme=theme)
    assert word in tab.locator(".bulk").inner_text()
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[theme] == ground
    tab.click("button[name=lang]")
    tab.wait_for_selector(f"text={'Confirm' if word == '确认' else '确认'}")
    tab.reload()
    assert ("Confirm" if word == "确认" else "确认") in tab.locator(".bulk").inner_text()


def test_on_a_phone_nothing_is_cut_off(served, visit):
    """390 points wide: list and row need no sideways scrolling, and all can be pressed."""
    page = served(review_rows.rows(3))
    tab = visit(page.url, viewport={"width": 390, "height": 844}, has_touch=True)
    for _ in range(2):
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        small = tab.evaluate(
            "[...document.querySelectorAll('main button, main a.button')]"
            ".filter(b => b.offsetParent && b.offsetHeight < 24).map(b => b.textContent)"
        )
        assert [] == small
        tab.locator(".pick").first.click() if tab.locator(".pick").count() else None
        tab.wait_for_selector("article.row")
    tab.tap("[data-act=confirm]")
    said(tab, "1 confirmed")


CONTRAST = """() => {
  const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b };
  const parts = s => s.match(/[\\d.]+/g).map(Number);
  const ground = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c.slice(0, 3) } return [255, 255, 255] };
  const bad = [];
  for (const e of document.querySelectorAll('body *')) {
    if (!e.offsetParent || ![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
    const said = light(parts(getComputedStyle(e).color).slice(0, 3)), under = light(ground(e));
    const ratio = (Math.max(said, under) + .05) / (Math.min(said, under) + .05);
    if (ratio < 4.5) bad.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent.slice(0, 30)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_and_heard(served, visit, theme):
    """Contrast of 4.5 to 1, one heading and one main, a name for every control, and outcomes announced."""
    page = served(review_rows.rows(3))
    tab = visit(page.url, color_scheme=theme)
    base = tab.url
    for path in ("", "row?id=row:1", "progress", "pair"):
        tab.goto(base + path)
        assert [] == tab.evaluate(CONTRAST)
        assert (1, 1) == (tab.locator("h1").count(), tab.locator("main").count())
        unnamed = tab.locator("button, a, input:not([type=hidden]), select, textarea").evaluate_all(
            "all => all.filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || "
            "e.labels?.length)).map(e => e.outerHTML)"
        )
        assert [] == unnamed
        assert "polite" == tab.locator("#said").get_attribute("aria-live")
    tab.keyboard.press("?")
    assert tab.locator("dialog#help").is_visible()
    tab.keyboard.press("Escape")
    assert not tab.locator("dialog#help").is_visible()


def test_every_key_of_the_help_has_its_control(served, visit):
    """What the help names is on a page; what is on a page is in the help."""
    page = served(review_rows.rows(60))
    tab = visit(page.url)
    base, found = tab.url, set()
    for path in ("", "?page=2", "row?id=row:1", "pair"):
        tab.goto(base + path)
        found |= set(
            tab.locator("[aria-keyshortcuts]").evaluate_all(
                "all => all.map(e => e.getAttribute('aria-keyshortcuts'))"
            )
        )
    told = set(tab.evaluate("[...document.querySelectorAll('#help kbd')].map(e => e.textContent)"))
    spelt = {name.removeprefix("Shift+").replace("Escape", "Esc") for name in found}
    assert set() == spelt - told


def test_it_can_be_read_without_script(browser, served):
    """List and row are whole without JavaScript, and say what needs it."""
    page = served(review_rows.rows(3))
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    tab = context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("ol.rows > li")
    tab.wait_for_load_state()
    assert "Without JavaScript" in tab.locator("noscript").inner_text()
    tab.locator(".pick").first.click()
    tab.wait_for_selector("article.row")
    assert "The ticket costs 0 yuan." in tab.locator(".turn.assistant").inner_text()
    context.close()
