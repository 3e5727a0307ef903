"""Controls that run a scenario again: sliders in a notebook with a kernel, the recorded default run
on a page without one.
"""

from collections.abc import Callable
from html import escape

from dslab.errors import DslabError
from dslab.show.player import play

__all__ = ["Live", "live"]


class Live:
    """A scenario with sliders for its arguments; see `live`."""

    def __init__(self, run: Callable, ranges: dict[str, tuple]):
        self.run, self.ranges = run, ranges
        for name, values in ranges.items():
            if (
                not isinstance(values, tuple)
                or not 2 <= len(values) <= 3
                or not values[0] <= values[-1]
            ):
                raise DslabError(
                    f"live(…, {name}={values!r}): give (least, greatest) or (least, "
                    "default, greatest)."
                )
        self.player = play(run(**{name: self.default(name) for name in ranges}))

    def default(self, name: str):
        """Where the control of a parameter stands at first: the default given, or the least."""
        values = self.ranges[name]
        return values[1] if len(values) == 3 else values[0]

    def controls(self):
        """The ipywidgets box: sliders over the player."""
        import ipywidgets

        picture = ipywidgets.HTML(self.player._repr_html_())
        sliders = {name: self._slider(ipywidgets, name) for name in self.ranges}

        def again(_):
            try:
                picture.value = play(
                    self.run(**{name: slider.value for name, slider in sliders.items()})
                )._repr_html_()
            except Exception as error:
                # Shown where the reader looks, instead of in the kernel's log.
                picture.value = (
                    f"<p><strong>{type(error).__name__}:</strong> {escape(str(error))}</p>"
                )

        for slider in sliders.values():
            slider.observe(again, "value")
        return ipywidgets.VBox([*sliders.values(), picture])

    def _slider(self, ipywidgets, name):
        low, high, value = self.ranges[name][0], self.ranges[name][-1], self.default(name)
        whole = all(isinstance(number, int) for number in (low, high, value))
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        return kind(
            value=value,
            min=low,
            max=high,
            description=name,
            continuous_update=False,
            **({} if whole else {"step": (high - low) / 20}),
        )

    def _repr_mimebundle_(self, **_):
        bundle = {"text/plain": repr(self), "text/html": self.player._repr_html_()}
        try:
            bundle |= self.controls()._repr_mimebundle_()
        except ImportError:  # No ipywidgets: the player alone.
            return bundle
        return bundle | {"text/plain": repr(self)}

    def __repr__(self):
        return f"{self.player!r}, with controls for {', '.join(self.ranges)}"


def live(run: Callable, **ranges) -> Live:
    """Show `run(**arguments)`, which returns a Cluster or Trace, with a slider for each argument.

    ranges  for each argument (least, greatest) or (least, default, greatest); whole numbers give
            whole steps.
    """
    if not ranges:
        raise DslabError("live() needs an argument to control, such as live(run, seed=(0, 20)).")
    return Live(run, ranges)
