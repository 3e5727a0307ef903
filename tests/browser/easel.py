"""A page that shows one widget after another, as a notebook does with the outputs of a cell.

A context, its page, the fonts and the scripts cost two CPU seconds; to load the page again costs
one, and new elements in it a tenth of one. So a page is cleared of what a test left in it, and used
again.
"""

#: What a page can be told when it is open, as Playwright names it for a context.
LATER = {"viewport", "color_scheme", "reduced_motion"}
USUAL = {"width": 1280, "height": 900}

#: Back to a page that was only just opened: nothing in it, in the store, in the address, on the
#: window but what was there when it was `bare`, and axe.
_CLEARED = """(called) => {
  document.querySelector("main").replaceChildren();
  for (const each of document.querySelectorAll("head > :is(style, link) ~ style")) each.remove();
  for (const each of [document.documentElement, document.body])
    for (const { name } of [...each.attributes]) if (name !== "lang") each.removeAttribute(name);
  for (const each of [...document.body.children])
    if (each.localName !== "main") each.remove();
  for (const name of Object.keys(window))
    if (!window.bare.has(name) && !called.includes(name) && !name.startsWith("__playwright"))
      delete window[name];
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", location.pathname);
  scrollTo(0, 0);
}"""

_SHOWN = """html => {
  document.querySelector("main").innerHTML = "<h1>Widgets</h1>" + html;
}"""


class Easel:
    """`page` was opened with the fonts and scripts of the tests."""

    def __init__(self, page):
        self.page = page

    def show(
        self, address, html, anew=False, viewport=None, color_scheme="light", reduced_motion=None
    ):
        """The page at `address`, with `html` in it and nothing else that was there.

        If it is to be had `anew`, it is loaded from there, with what `html` is there.
        """
        page = self.page
        if page.url.partition("#")[0] != address:
            page.goto(address)
        called = vars(page).setdefault("called", {})
        called.update(dict.fromkeys(called, lambda *_: None))  # What is late is no test's.
        page.evaluate(_CLEARED, list(called))
        page.trouble = page.context.trouble = []
        page.emulate_media(
            media="null",
            color_scheme=color_scheme,
            reduced_motion=reduced_motion or "no-preference",
        )
        if page.viewport_size != (viewport or USUAL):
            page.set_viewport_size(viewport or USUAL)
        page.mouse.move(0, 0)
        if anew:
            page.goto(address)
        else:
            page.evaluate(_SHOWN, html)
        return page


def calls(page, name: str, function) -> None:
    """Let the page's `name` call this function, and no longer the one that a test before gave."""
    called = vars(page).setdefault("called", {})
    if name not in called:
        page.expose_function(name, lambda *arguments: called[name](*arguments))
    called[name] = function
