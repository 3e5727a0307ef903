"""Screenshots compared with stored ones, at two widths, in light and dark.

    looks_as_stored(page, element, "stage")     # compares with screens/stage-WIDTH-SCHEME.png

They are compared blurred and small, so that another version of Chromium may round a corner
differently, and a missing or misplaced part still shows. The fonts come with the tests (`show`), so
that a picture is the same wherever it is made. `make screens` writes them again, to be looked at.
"""

import io
import os
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter, ImageStat

SCREENS = Path(__file__).with_name("screens")
WIDTHS, SCHEMES = (360, 1100), ("light", "dark")
#: How much of the picture may differ, on a scale of 0 to 255, on average and in the worst twelfth
#: of it.
MEAN, WORST = 4, 40

_IN_OUR_FONTS = """async () => {
    await document.fonts.ready;
    const faces = [...document.fonts].filter((face) => face.family.startsWith("test-"));
    return faces.length === 4 && faces.every((face) => face.status === "loaded");
}"""


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
    assert page.evaluate(_IN_OUR_FONTS), "a picture that depends on this machine's fonts"
    shot = Image.open(io.BytesIO(element.screenshot())).convert("RGB")
    if os.environ.get("DSLAB_SCREENS") == "write":
        SCREENS.mkdir(exist_ok=True)
        shot.quantize(64).save(path, optimize=True)
        return
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
