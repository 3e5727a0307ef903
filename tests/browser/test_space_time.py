"""The space-time diagram: many arrows at once, and what it looks like."""

import pytest

from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster
from tests.browser.screens import SCHEMES, WIDTHS, looks_as_stored
from tests.browser.test_player import rich_run

PIXELS = """(player, [step, from, to]) =>
  new Promise((done) => {
    Object.assign(player.views[0], { from: 0, to: player.run.end * 1.04 });
    player.go(step);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        const canvas = player.views[0].canvas;
        done([...canvas.getContext("2d").getImageData(from, 40, to - from, 200).data].join());
      }),
    );
  })"""


def test_with_many_arrows_the_past_and_the_future_look_as_they_do_at_the_ends(show):
    cluster = Cluster(Raft, 5, seed=1, clients=0, title="Long").run(6000)
    page = show(play(cluster, "space-time")._repr_html_(), viewport={"width": 800, "height": 600})
    player = page.locator("dslab-trace")
    last = player.evaluate("player => player.run.steps.length - 1")
    early = player.evaluate("player => player.run.stepAt(player.run.end * 0.1)")
    player.evaluate(PIXELS, [last // 2, 0, 1])
    assert player.evaluate("player => player.views[0].run.arrows.length") > 200
    middle = player.evaluate(
        "(player, step) => { const view = player.views[0]; return "
        "Math.round(view.x(player.run.stepTimes[step])); }",
        last // 2,
    )
    edge = player.evaluate("player => Math.ceil(player.views[0].left)") + 12
    past, future = [edge, middle - 80], [middle + 80, 760]
    assert player.evaluate(PIXELS, [last // 2, *past]) == player.evaluate(PIXELS, [last, *past])
    assert (
        player.evaluate(PIXELS, [last // 2, *future])
        == player.evaluate(PIXELS, [early, *future])
        != player.evaluate(PIXELS, [last, *future])
    )


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_as_stored(show, scheme, width):
    page = show(
        play(rich_run(), "space-time", at=538.2)._repr_html_(),
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
    )
    looks_as_stored(page, page.locator("dslab-trace"), "space-time")
