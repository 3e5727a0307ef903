"""Messages between widgets and their pictures in the page, by the protocol of Jupyter's comms."""

import base64
import sys

__all__ = ["connect", "receive"]

_outlet = None


def connect(outlet) -> None:
    """Make comms go to the page, for the widget libraries that will be imported."""
    global _outlet
    _outlet = outlet
    import comm
    from comm.base_comm import BaseComm

    class PageComm(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            if msg_type == "comm_open":
                self.cell = outlet.cell
                _let_output_widgets_capture()
            outlet.flush()
            outlet.send(
                {
                    "type": "comm",
                    "msg_type": msg_type,
                    "content": {"comm_id": self.comm_id, "data": _plain(data or {}), **keys},
                    "metadata": metadata or {},
                    "buffers": [base64.b64encode(bytes(part)).decode() for part in buffers or ()],
                }
            )

    comm.create_comm = PageComm


def _plain(data):
    """Data without what JSON has no form for: dates, for one, are sent as text."""
    import json

    return json.loads(json.dumps(data, default=str))


def receive(kind: str, content: dict, buffers: list) -> None:
    """A message from the page.

    What a callback prints appears under the cell that made the widget.
    """
    import comm

    manager = comm.get_comm_manager()
    target = manager.comms.get(content["comm_id"])
    if target is None:
        return
    _outlet.begin(getattr(target, "cell", ""))
    message = {
        "msg_type": kind,
        "content": content,
        "buffers": [memoryview(bytes(part)) for part in buffers],
        "metadata": {},
    }
    try:
        (target.handle_close if kind == "comm_close" else target.handle_msg)(message)
    except BaseException as error:
        from dslab_page.errors import as_output

        _outlet.show(as_output(error))
    finally:
        _outlet.end()


def _let_output_widgets_capture() -> None:
    """In JupyterLab the page sorts outputs into Output widgets by message; here Python does."""
    module = sys.modules.get("ipywidgets.widgets.widget_output")
    if module is None or getattr(module.Output, "_captures_here", False):
        return

    def enter(self):
        _outlet.flush()
        _outlet.captures.append(self)
        return self

    def leave(self, kind, error, trace):
        if error is not None:
            from dslab_page.errors import as_output

            _outlet.show(as_output(error))
        _outlet.flush()
        _outlet.captures.remove(self)
        return True

    module.Output.__enter__, module.Output.__exit__, module.Output._captures_here = (
        enter,
        leave,
        True,
    )
