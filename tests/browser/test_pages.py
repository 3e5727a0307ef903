"""Every page of the built book, as a reader meets it: served from a subpath, with every foreign
host out of reach. A page is opened once, and then asked everything.
"""

import re
from dataclasses import dataclass

import pytest
import yaml

from tests.browser.conftest import ROOT, SITE, THEME, axe, guarded, settle, visit, widgets_ready

TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
PAGES = [TOC["root"], *[chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]]
#: A small phone, a usual one, and a laptop.
WIDTHS = (320, 390, 1280)
#: Rules of axe that look at colours. The others find in the dark what they find in the light.
COLOURS = ("color-contrast", "link-in-text-block")


@dataclass
class Facts:
    """What one visit found."""

    steps: list[int]
    without_address: list[str]
    without_level: list[str]
    light: list[str]
    follow: list[bool]
    dark: list[str]
    widths: dict[int, int]
    trouble: list[str]


@pytest.fixture(scope="module", params=PAGES)
def page(request):
    return request.param


@pytest.fixture(scope="module")
def facts(browser, base, page):
    context = guarded(browser, base, color_scheme="light")
    opened = visit(context, f"{base}/book/{page}.html")
    opened.wait_for_load_state("networkidle")
    widgets_ready(opened)
    yield Facts(
        steps=opened.locator("dslab-trace").evaluate_all(
            "all => all.map(player => player.run.steps.length)"
        ),
        without_address=opened.locator("article :is(h2, h3)").evaluate_all(
            "all => all.filter(h => !h.closest('.dslab-report') && "
            "!h.closest('section')?.id).map(h => h.textContent)"
        ),
        without_level=opened.locator("article :is(h1, h2, h3, h4)").evaluate_all(
            "all => all.filter((h, at) => h.localName[1] - (all[at - 1]?.localName[1] ?? 0) > 1)"
            ".map(h => h.textContent)"
        ),
        light=axe(opened, allowed=THEME),
        follow=turned_dark(opened),
        dark=axe(opened, allowed=THEME, rules=COLOURS),
        widths={width: needed(opened, width) for width in WIDTHS},
        trouble=context.trouble,
    )
    context.close()


def turned_dark(opened) -> list[bool]:
    """The reader's machine turns dark; which players follow the page."""
    opened.emulate_media(color_scheme="dark")
    opened.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    widgets_ready(opened)
    settle(opened)
    return opened.locator("dslab-trace").evaluate_all(
        "all => all.map(player => player.hasAttribute('dark'))"
    )


def needed(opened, width: int) -> int:
    """The width that the page takes in a window of this one, also where a part of it scrolls."""
    opened.set_viewport_size({"width": width, "height": 700})
    settle(opened)
    widgets_ready(opened)
    settle(opened)
    return width + opened.locator(":is(html, main, main div:has(article), article)").evaluate_all(
        "all => Math.max(...all.map(each => each.scrollWidth - each.clientWidth))"
    )


def test_it_asks_no_other_host_for_anything_and_has_no_errors(facts):
    assert facts.trouble == []


def test_every_player_has_its_run(facts):
    assert 0 not in facts.steps


def test_it_fits_a_phone_and_a_laptop(facts):
    assert {width: needed for width, needed in facts.widths.items() if needed > width} == {}


def test_axe_finds_nothing_beyond_the_theme(facts):
    assert facts.light == []


def test_axe_finds_nothing_in_the_dark_and_every_player_follows(facts):
    assert facts.dark == [] and all(facts.follow)


def test_every_section_has_an_address_and_no_level_is_left_out(facts):
    assert facts.without_address == [] and facts.without_level == []


def test_links_inside_the_book_lead_somewhere(page):
    html = (SITE / f"{page}.html").read_text(encoding="utf-8")
    folder = (SITE / page).parent
    for link in set(re.findall(r'<a [^>]*href="([^"]+)"', html)):
        path, _, anchor = link.partition("#")
        path = path.partition("?")[0]
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (folder / path).resolve() if path else SITE / f"{page}.html"
        assert target.is_file(), f"{page} links to {link}, which is not there"
        if anchor and target.suffix == ".html":
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), f"{page}: no {link}"
