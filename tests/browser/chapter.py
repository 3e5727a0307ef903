"""A chapter that runs, through a reader's hands."""

import json

from playwright.sync_api import expect

from tests.suite.patience import PATIENCE

FINISHED = "() => !document.querySelector('[data-run=running], [data-run=waiting]')"


def without_python(context):
    """Let Python load for ever: for what is the editors' alone, and takes half the time so."""
    context.route(
        "**/pyodide.mjs",
        lambda route: route.fulfill(
            content_type="text/javascript", body="await new Promise(() => {});"
        ),
    )


def kept(page, edits):
    """Wait until the browser holds the reader's text of so many cells."""
    page.wait_for_function(
        "edits => Object.keys(localStorage).filter(key => "
        "key.startsWith('dslab:edit:')).length === edits",
        arg=edits,
    )


class Chapter:
    """`page` shows a chapter. Cells are counted from 1, as the page does."""

    def __init__(self, page):
        self.page = page
        self.bar = page.locator(".run-bar")
        self.status, self.warning = (
            self.bar.locator(".run-status"),
            self.bar.locator(".run-warning"),
        )

    def open(self):
        """Press the button, and wait for the editors."""
        self.page.get_by_role("button", name="Run this page").click()
        self.page.locator(".cm-content").last.wait_for(state="attached")
        return self

    def go_live(self):
        """Press the button, and wait for Python."""
        self.page.get_by_role("button", name="Run this page").click()
        expect(self.bar).to_have_attribute("data-state", "ready")
        return self

    def press(self, name):
        self.bar.get_by_role("button", name=name, exact=True).click()

    def cell(self, number):
        return self.page.locator(
            ".cell", has=self.page.get_by_role("group", name=f"Cell {number}", exact=True)
        )

    def text(self, number):
        return self.cell(number).locator(".cm-line").all_inner_texts()

    def note(self, number):
        return self.cell(number).locator(".run-note")

    def write(self, number, code):
        content = self.cell(number).locator(".cm-content")
        content.click()
        expect(content).to_be_focused()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(code)

    def start(self, number, code):
        """Write and run, without waiting for the end."""
        self.write(number, code)
        self.page.keyboard.press("Control+Enter")
        expect(self.cell(number)).to_have_attribute("data-run", "running")

    def run(self, number, code=None):
        """Run a cell, with new text where there is one, to its end; its outputs as text."""
        if code is None:
            self.cell(number).get_by_role("button", name="Run", exact=True).click()
        else:
            self.write(number, code)
            self.page.keyboard.press("Control+Enter")
        self.page.wait_for_function(FINISHED)
        return self.shown(number)

    def shown(self, number):
        outputs = self.cell(number).locator(".cell_output > .output")
        return "\n".join(text.strip("\n") for text in outputs.all_inner_texts())

    def run_all(self, patience=PATIENCE):
        self.press("Run all")
        self.page.wait_for_function(
            "() => document.querySelector('.run-status').textContent.includes('Of ')",
            timeout=patience,
        )

    def download(self):
        with self.page.expect_download() as download:
            self.press("Download .ipynb")
        return json.loads(download.value.path().read_text(encoding="utf-8"))
