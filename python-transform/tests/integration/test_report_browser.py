"""The report in a real browser, headless Chromium, from a file and without a network."""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from anomaly_detection.cli.report import report
from anomaly_detection.cli.score import score

ROOT = Path(__file__).parents[3]
SCREENSHOTS = ROOT / "build" / "screenshots"
SAMPLE = ROOT / "data" / "opportunities.csv"
WIDE, NARROW = 1280, 390
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
HOSTILE = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<!-- <script> -->",
    "\"'><img src=x onerror=\"document.title='owned'\">",
    "a\u2028b\u2029c &lt;b&gt; \\u003cb\\u003e",
]
CONTRAST = """
const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const rgba = (text) => text.match(/[\\d.]+/g).map(Number);
const ground = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
};
const found = [];
for (const element of document.querySelectorAll('body *')) {
  const texts = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
  if (!texts.length || !element.checkVisibility() || /SCRIPT|STYLE|OPTION|NOSCRIPT/.test(element.tagName)) continue;
  const style = getComputedStyle(element);
  const svg = element instanceof SVGElement;
  const [a, b] = [light(rgba(svg ? style.fill : style.color)), light(ground(element))];
  found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.outerHTML.slice(0, 120)]);
}
return found.sort((x, y) => x[0] - y[0]);
"""


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, and rows that cannot be read after it, scored with the model that is shipped."""
    folder = tmp_path_factory.mktemp("report")
    text = SAMPLE.read_text("utf-8")
    bad = [line.split(",") for line in text.splitlines()[1:4]]
    for cells, amount in zip(bad, ("ten", "<b>1</b>", "1,5"), strict=True):
        cells[2] = f'"{amount}"'
    (folder / "deals.csv").write_text(
        text + "\n".join([*(",".join(cells) for cells in bad), "too,few"]) + "\n", "utf-8"
    )
    run(score, folder / "deals.csv", "--model", ROOT / "pretrained", "--output", folder / "deals.jsonl")
    run(
        report, folder / "deals.jsonl", "--input", folder / "deals.csv", "--output", folder / "report.html",
        "--alpha", json.loads((ROOT / "pretrained" / "model.params").read_text("utf-8"))["alpha"],
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def rows(scored: Path) -> list[dict[str, Any]]:
    """The scored rows, as the page has to show them: the oddest first."""
    lines = [json.loads(line) for line in (scored / "deals.jsonl").read_text("utf-8").splitlines()]
    return sorted(lines, key=lambda line: -line["score"])


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    assert all(programs.values()), f"expected chromium and chromedriver, which make setup installs, found {programs}"
    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"] or ""
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        browser = webdriver.Chrome(options=options, service=Service(programs["chromedriver"]))
        browser.set_page_load_timeout(60)
        yield browser
        browser.quit()


class Shown:
    """A page that is open, and what a reader sees and does there."""

    def __init__(self, driver: webdriver.Chrome, path: Path, width: int, height: int, *, dark: bool = False) -> None:
        self.driver = driver
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        for log in ("browser", "performance"):
            driver.get_log(log)
        driver.get(path.as_uri())

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    @property
    def status(self) -> str:
        return self.one("#status").text

    def column(self, number: int) -> list[str]:
        script = (
            "return [...document.querySelectorAll('#oddest tbody tr')].map((tr) => tr.cells[arguments[0]].innerText)"
        )
        return [text.strip() for text in self.run(script, number)]

    def ids(self) -> list[str]:
        return [text.splitlines()[-1] for text in self.column(1)]

    def show_all(self) -> None:
        while self.one("#more").is_displayed():
            self.one("#more").click()

    def head(self, label: str) -> WebElement:
        return next(th for th in self.all("#oddest thead th") if th.text.replace("\xa0", " ").startswith(label))

    def sort_by(self, label: str) -> None:
        self.head(label).find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)

    def screenshot(self, name: str, *, most: int = 2600, at: str = "h1") -> None:
        top = self.run("return document.querySelector(arguments[0]).getBoundingClientRect().top + scrollY", at)
        width, height = self.run("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": max(0, top - 24), "width": width, "height": min(height - top + 24, most), "scale": 1}
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def logged(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]


Open = Callable[..., Shown]


@pytest.fixture
def page(driver: webdriver.Chrome, scored: Path) -> Iterator[Shown]:
    """The sample's report on a desk; whatever a test does there, nothing may be logged or fetched."""
    shown = Shown(driver, scored / "report.html", WIDE, 900)
    yield shown
    assert shown.logged() == []
    assert [url for url in shown.requests() if not url.startswith(("file:", "data:,"))] == []


def run(command: Any, *arguments: Any) -> None:
    found = CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output


def odd(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["label"]]


def test_the_odd_rows_are_listed_with_their_reasons(page: Shown, rows: list[dict[str, Any]]) -> None:
    expected = odd(rows)
    assert page.status == f"{min(25, len(expected))} of {len(expected)} shown"
    page.show_all()
    assert page.ids() == [row["id"] for row in expected]
    for row, text in zip(expected, page.column(2), strict=True):
        assert (row["reasons"][0]["value"] is None) == (" is empty" in text.splitlines()[0])
        assert "%)" in text.splitlines()[0]


def test_normal_rows_can_be_listed_too(page: Shown, rows: list[dict[str, Any]]) -> None:
    page.one("#odd-only").click()
    assert page.status == f"25 of {len(rows):,} shown"
    page.one("#more").click()
    assert len(page.ids()) == 50


def test_headers_sort_from_the_keyboard(page: Shown, rows: list[dict[str, Any]]) -> None:
    page.sort_by("Amount")
    page.show_all()
    smallest = [float(text.replace(",", "")) for text in page.column(6) if text != "(empty)"]
    assert smallest == sorted(smallest)
    assert page.head("Amount").get_attribute("aria-sort") == "ascending"
    assert page.head("Score").get_attribute("aria-sort") is None
    page.sort_by("Amount")
    page.show_all()
    amounts = page.column(6)
    assert [text for text in amounts if text != "(empty)"] == [
        f"{one:,.2f}".removesuffix(".00") for one in smallest[::-1]
    ]
    assert "(empty)" not in amounts[: len(smallest)]
    page.sort_by("Score")
    page.show_all()
    assert page.ids() == [row["id"] for row in odd(rows)]
    page.sort_by("Score")
    page.show_all()
    scores = [float(text.splitlines()[0]) for text in page.column(0)]
    assert scores == pytest.approx(sorted(row["score"] for row in odd(rows)), abs=0.00051)


def test_the_sort_list_does_what_the_headers_do(page: Shown) -> None:
    Select(page.one("#sort")).select_by_visible_text("Stage, Z to A")
    page.show_all()
    stages = [text.lower() for text in page.column(4) if text != "(empty)"]
    assert stages == sorted(stages, reverse=True)
    assert page.head("Stage").get_attribute("aria-sort") == "descending"


def test_search_finds_words_of_reasons_names_and_ids(page: Shown, rows: list[dict[str, Any]]) -> None:
    wanted = odd(rows)[3]
    page.one("#search").send_keys(wanted["id"][3:].lower())
    assert page.ids() == [wanted["id"]]
    page.one("#search").clear()
    page.one("#search").send_keys("FORECAST empty")
    found = page.column(2)
    assert found
    assert all("Forecast Category is" in text and "empty" in text for text in found)
    page.one("#search").clear()
    page.one("#search").send_keys("no such thing")
    assert page.status.startswith("Nothing matches")
    assert page.ids() == []
    page.one("#reset").click()
    assert page.status == f"25 of {len(odd(rows))} shown"


def test_search_does_not_mind_accents(page: Shown) -> None:
    def plain(name: str) -> str:
        return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))

    accented = [name for name in page.column(3) if plain(name).isascii() and not name.isascii()]
    assert accented, "the sample's oddest rows have owners with accents"
    for name in accented[:2]:
        page.one("#search").clear()
        page.one("#search").send_keys(plain(name))
        assert name in page.column(3)


@pytest.mark.parametrize(("label", "place"), [("Opportunity Owner", 3), ("Stage", 4), ("Segment", 5)])
def test_filters_show_one_owner_stage_or_segment(page: Shown, label: str, place: int) -> None:
    select = Select(page.one(f"select[data-column='{label}']"))
    page.one("#odd-only").click()
    for option in ("(empty)", select.options[2].text):
        select.select_by_visible_text(option)
        assert set(page.column(place)) == {option}


def test_filters_are_combined(page: Shown, rows: list[dict[str, Any]], scored: Path) -> None:
    Select(page.one("select[data-column='Stage']")).select_by_visible_text("Closed Won")
    Select(page.one("select[data-column='Segment']")).select_by_visible_text("SMB")
    page.one("#odd-only").click()
    shown = int(page.status.split(" of ")[1].split()[0].replace(",", ""))
    text = (scored / "deals.csv").read_text("utf-8")
    assert 25 < shown < len(rows)
    assert set(page.column(4)) == {"Closed Won"}
    assert set(page.column(5)) == {"SMB"}
    assert shown <= text.count(",SMB,Closed Won,")


def test_a_name_in_the_charts_lists_its_rows(page: Shown) -> None:
    picked = page.one(".pick[data-column='Opportunity Owner']")
    name, counted = picked.text, int(page.run("return arguments[0].closest('tr').cells[2].innerText", picked))
    page.run("arguments[0].click()", picked)
    assert len(page.ids()) == counted
    assert set(page.column(3)) == {name}


def test_all_values_of_a_row(page: Shown) -> None:
    page.one("#oddest summary").click()
    page.run("return new Promise((done) => setTimeout(done, 50))")
    text = page.one("#oddest .values").text
    assert all(name in text for name in ("Billing State/Province", "Created Date", "Cluster"))


def test_tables_of_the_page_sort(page: Shown) -> None:
    table = next(
        one for one in page.all("table.sortable") if "By Stage" in one.find_element(By.TAG_NAME, "caption").text
    )
    counts = "return [...arguments[0].tBodies[0].rows].map((tr) => Number(tr.cells[1].dataset.sort))"
    head = table.find_elements(By.CSS_SELECTOR, "thead button")[1]
    head.send_keys(Keys.SPACE)
    assert page.run(counts, table) == sorted(page.run(counts, table), reverse=True)
    head.send_keys(Keys.SPACE)
    assert page.run(counts, table) == sorted(page.run(counts, table))
    assert [th.get_attribute("aria-sort") for th in table.find_elements(By.CSS_SELECTOR, "thead th")][1] == "ascending"


def test_charts_show_all_rows(page: Shown, rows: list[dict[str, Any]]) -> None:
    titles = page.run("return [...document.querySelectorAll('g > title')].map((t) => t.textContent)")
    assert sum(int(title.split(": ")[1].split(",")[0]) for title in titles if "odd" in title) == len(rows)
    assert len(page.all("circle.dot")) == len(odd(rows))
    assert page.run("return document.querySelector('line.threshold').getBBox().height") > 100
    clusters = page.run("return [...document.querySelectorAll('circle.disc, circle.noise')].length")
    assert clusters == len({row["cluster"] for row in rows})


def test_errors_are_listed(page: Shown) -> None:
    text = page.one("#error-list").text
    assert all(found in text for found in ("ten", "<b>1</b>", "1,5", "22 cells", "2 cells", "a finite number"))
    assert len(page.all("#error-list tbody tr")) == 4


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_reads_well(driver: webdriver.Chrome, scored: Path, width: int, dark: bool) -> None:
    page = Shown(driver, scored / "report.html", width, 900, dark=dark)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.run("return new Promise((done) => setTimeout(done, 50))")
    # Nothing is wider than the window, and no text is tiny, or pale against what is behind it.
    assert page.run("return document.documentElement.scrollWidth") == width
    contrasts = page.run(CONTRAST)
    assert len(contrasts) > 500
    assert contrasts[0][0] >= 4.5, contrasts[0]
    sizes = page.run(
        "return [...document.querySelectorAll('p, li, td, th, dd, dt, button, label, summary, .small')]"
        ".filter((e) => e.checkVisibility()).map((e) => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 13
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = false; })")
    name = f"report-{width}{'-dark' if dark else ''}"
    page.screenshot(name)
    page.screenshot(f"{name}-charts", at="#scores-title", most=5200)
    assert page.logged() == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_screen_reader_finds_a_table(driver: webdriver.Chrome, scored: Path, width: int) -> None:
    page = Shown(driver, scored / "report.html", width, 900)
    page.run("document.querySelectorAll('main section > details').forEach((one) => { one.open = true; })")
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node.get("ignored") and "role" in node]
    listed = len(page.all("#oddest tbody tr"))
    table = page.one("#oddest")
    assert table.aria_role == "table"
    assert table.accessible_name == "The oddest opportunities"
    assert roles.count("row") >= listed
    assert roles.count("cell") >= 7 * listed
    assert {"columnheader", "rowheader", "searchbox", "checkbox", "status", "main", "navigation"} <= set(roles)
    for control in page.all("input, select, button, .scroll"):
        assert control.accessible_name, control.get_attribute("outerHTML")


def test_values_from_the_data_stay_text(driver: webdriver.Chrome, tmp_path: Path) -> None:
    lines = [
        {
            "id": text, "score": 0.6, "label": 1, "threshold": 0.5, "p_value": 0.001, "cluster": i % 2,
            "membership": 0.5, "outlier_score": 0.5, "model_id": text,
            "reasons": [{"field": text, "value": text, "expected": text + "!", "contribution": 0.9}],
            "Owner": text, "Stage": text, "Segment": HOSTILE[0], "Name": text, text: text, "__proto__": text,
        }
        for i, text in enumerate(HOSTILE * 3)
    ]  # fmt: skip
    errors = [
        {"source": text, "row": i, "id": text, "column": text, "expected": text, "found": text, "error": text,
         "stage": "read", "element": text}
        for i, text in enumerate(HOSTILE)
    ]  # fmt: skip
    for name, rows in (("scored", lines), ("errors", errors)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / f"{name}-00000-of-00001.jsonl").write_text(text, "utf-8")
    run(report, tmp_path, "--output", tmp_path / "report.html")
    page = Shown(driver, tmp_path / "report.html", NARROW, 900)
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.run("return new Promise((done) => setTimeout(done, 100))")
    assert driver.title == "Odd rows: 15 of 15"
    assert page.run("return [document.scripts.length, document.images.length]") == [2, 0]
    seen = [" ".join(text.split()) for text in HOSTILE]
    body = " ".join(page.run("return document.body.textContent").split())
    assert all(body.count(text) >= 10 for text in seen)
    assert {" ".join(text.split("\n")[0].split()) for text in page.column(1)} == set(seen)
    for i in range(1, len(HOSTILE) + 1):
        option = page.run("return document.querySelectorAll('select.filter')[0].options[arguments[0]].text", i)
        Select(page.all("select.filter")[0]).select_by_index(i)
        assert page.status == "3 of 3 shown", option
    assert page.run("return document.documentElement.scrollWidth") == NARROW
    page.screenshot("report-hostile-390")
    assert page.logged() == []
    assert [url for url in page.requests() if not url.startswith(("file:", "data:,"))] == []


def test_copies_and_reviewed_rows_are_marked(driver: webdriver.Chrome, tmp_path: Path) -> None:
    def line(number: int, score: float, copy_of: list[str], *, ignored: bool = False) -> dict[str, Any]:
        return {
            "id": f"006{number}", "score": score, "label": int(score >= 0.5), "threshold": 0.5,
            "p_value": 0.5 - score / 2, "cluster": 0, "membership": 0.5, "outlier_score": 0.5, "model_id": "m",
            "Owner": f"Owner {number % 2}", "duplicate_of": copy_of, "duplicates": len(copy_of), "exact_duplicates": 0,
            "ignored": ignored, "reasons": [],
        }  # fmt: skip

    lines = [
        line(0, 0.9, []),
        line(1, 0.8, [], ignored=True),
        line(2, 0.1, [HOSTILE[0]]),
        *(line(i, 0.2, []) for i in range(3, 9)),
    ]
    (tmp_path / "scored-00000-of-00001.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    run(report, tmp_path, "--output", tmp_path / "report.html")
    page = Shown(driver, tmp_path / "report.html", WIDE, 900)
    assert page.ids() == ["0060", "0061", "0062"]
    assert page.one("label.check").text == "Odd or copied only"
    why = page.column(2)
    assert "Reviewed, and ignored since" in why[1]
    assert f"Looks like a copy of {HOSTILE[0]}, with another amount" in why[2]
    assert "Reviewed" not in why[0] + why[2]
    page.one("#search").send_keys("looks like a copy")
    assert page.ids() == ["0062"]
    totals = page.one("dl.totals").text
    assert "1 of them reviewed and ignored" in totals
    assert "COPIES" in totals.upper()
    page.one("#reset").click()
    page.screenshot("report-marks-1280")
    assert page.logged() == []
