"""Screenshots compared with stored ones, at two widths, in light and dark.

    looks_as_stored(page, element, "stage")     # compares with screens/stage-WIDTH-SCHEME.png

They are compared blurred and small, so that another version of Chromium may round a corner
differently, and a missing or misplaced part still shows. Text takes other widths in other fonts:
where this machine's fonts are not those of the stored pictures the comparison is skipped, and under
CI it fails. `make screens` writes them again, to be looked at.
"""

import io
import json
import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

SCREENS = Path(__file__).with_name("screens")
FONTS = SCREENS / "fonts.json"
WIDTHS, SCHEMES = (360, 1100), ("light", "dark")
#: How much of the picture may differ, on a scale of 0 to 255, on average and in the worst twelfth
#: of it.
MEAN, WORST = 4, 40

_MEASURE = """() => { const pen = document.createElement("canvas").getContext("2d");
    return ["system-ui", "sans-serif", "monospace"].map((font) => { pen.font = `100px ${font}`; return Math.round(pen.measureText("Raft elects n1 → 42").width); }); }"""


def looks_as_stored(page, element, name: str) -> None:
    """Fails where `element` looks otherwise than in the stored picture of this width and scheme."""
    scheme = (
        "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    )
    path = SCREENS / f"{name}-{page.viewport_size['width']}-{scheme}.png"
    page.add_style_tag(
        content="*, *::before, *::after { transition: none !important; animation: none "
        "!important; caret-color: transparent !important; }"
    )
    shot, fonts = (
        Image.open(io.BytesIO(element.screenshot())).convert("RGB"),
        page.evaluate(_MEASURE),
    )
    if os.environ.get("DSLAB_SCREENS") == "write":
        SCREENS.mkdir(exist_ok=True)
        shot.quantize(64).save(path, optimize=True)
        FONTS.write_text(json.dumps(fonts) + "\n")
        return
    if json.loads(FONTS.read_text()) != fonts and not os.environ.get("CI"):
        pytest.skip(
            "the fonts here are not those of the stored pictures: `make screens` writes them again"
        )
    stored = Image.open(path).convert("RGB")
    assert abs(stored.width - shot.width) <= 2 and abs(stored.height - shot.height) <= 6, (
        f"{path.name} is {stored.size}, and it is {shot.size} now"
    )
    one, other = (_softened(picture, stored.size) for picture in (stored, shot))
    difference = ImageChops.difference(one, other).convert("L")
    mean = ImageStat.Stat(difference).mean[0]
    worst = max(ImageStat.Stat(tile).mean[0] for tile in _tiles(difference))
    if mean > MEAN or worst > WORST:
        shot.save(path.with_suffix(".now.png"))
    assert mean <= MEAN and worst <= WORST, (
        f"{path.name} differs by {mean:.1f} on average and {worst:.1f} at worst: look at "
        f"{path.with_suffix('.now.png').name}"
    )


def _softened(picture: Image.Image, size) -> Image.Image:
    return (
        picture.resize(size)
        .filter(ImageFilter.GaussianBlur(3))
        .resize((max(1, size[0] // 4), max(1, size[1] // 4)))
    )


def _tiles(picture: Image.Image):
    wide, high = max(1, picture.width // 4), max(1, picture.height // 3)
    for left in range(0, picture.width - wide + 1, wide):
        for top in range(0, picture.height - high + 1, high):
            yield picture.crop((left, top, left + wide, top + high))
