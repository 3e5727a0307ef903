"""JupyterLab: a stored run plays where its notebook is trusted, and is a picture where it is not; a
driven one answers.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from dslab.protocols.raft import Raft
from dslab.show import play
from dslab.sim import Cluster
from tests.browser.conftest import patient
from tests.suite.patience import PATIENCE

EXTENSION = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "dslab-trace"

DRIVEN = """from dslab.scenario import Scenario
from dslab.show import drive
drive(Scenario({"protocol": "raft", "nodes": 3, "seed": 1, "duration": 400}))"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab on loopback, with folders of its own, and a notebook with a stored run in it."""
    folder = tmp_path_factory.mktemp("lab")
    output = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {
            "text/plain": ["a run"],
            "text/html": [
                play(
                    Cluster(Raft, 3, seed=1, clients=0, title="In JupyterLab").run(300)
                )._repr_html_()
            ],
        },
    }
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        "cells": [
            {
                "cell_type": "code",
                "id": "run",
                "metadata": {},
                "execution_count": 1,
                "source": "play(cluster)",
                "outputs": [output],
            }
        ],
    }
    work = folder / "notebooks"
    work.mkdir()
    for name in ("trusted", "untrusted"):
        # A signature covers the outputs: they must differ, or trusting one would trust both.
        output["data"]["text/plain"] = [name]
        (work / f"{name}.ipynb").write_text(json.dumps(notebook))
    notebook["cells"] = [
        {
            "cell_type": "code",
            "id": "drive",
            "metadata": {},
            "execution_count": None,
            "source": DRIVEN,
            "outputs": [],
        }
    ]
    (work / "driven.ipynb").write_text(json.dumps(notebook))
    environment = os.environ | {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME")
    }
    subprocess.run(
        [sys.executable, "-m", "jupyter", "trust", str(work / "trusted.ipynb")],
        env=environment,
        check=True,
        capture_output=True,
    )
    said = folder / "jupyterlab.log"
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--ip=127.0.0.1",
            "--port=0",
            "--ServerApp.port_retries=0",
            "--allow-root",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            f"--notebook-dir={work}",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=said.open("w"),
        start_new_session=True,
    )
    try:
        while not (
            found := [
                word for word in said.read_text().split() if word.startswith("http://127.0.0.1")
            ]
        ):
            assert server.poll() is None, said.read_text()
            time.sleep(0.1)
        yield found[0].split("/lab")[0]
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # The kernels too, which are children of its own.
        server.wait()


def run_until(page, shown):
    """Run the notebook's first cell until `shown` is there. While JupyterLab starts, it may take
    the focus away from a cell that was clicked, or hear of a widget before it knows widgets: then,
    as a reader would, run the cell again.
    """
    cell = page.locator(".jp-Notebook .jp-CodeCell").first
    for _ in range(10):
        cell.locator(".jp-InputArea-editor").click()
        # The kernel is there.
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        page.keyboard.press("Control+Enter")
        try:
            return shown.wait_for(timeout=PATIENCE / 10)
        except PlaywrightTimeout:
            pass
    pytest.fail(
        "The cell shows no picture. Where the focus is: "
        f"{page.evaluate('document.activeElement.className')}. The page says: "
        f"{page.locator('body').inner_text()}"
    )


@pytest.mark.skipif(
    not EXTENSION.is_dir(),
    reason="the JupyterLab extension is not installed: run `make .venv/.ready`",
)
@pytest.mark.parametrize("name, plays", [("trusted", True), ("untrusted", False)])
def test_a_stored_run(lab, browser, name, plays):
    context = patient(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    # A workspace of its own: the other one is not restored.
    page.goto(f"{lab}/lab/workspaces/{name}/tree/{name}.ipynb")
    page.locator(".jp-OutputArea-output").first.wait_for()
    if plays:
        player = page.locator(".jp-OutputArea-output dslab-trace")
        player.get_by_role("button", name="One step on").wait_for()
        player.get_by_role("button", name="To the end").click()
        page.wait_for_function(
            "() => { const player = document.querySelector('dslab-trace'); return "
            "player.step === player.run.steps.length - 1; }"
        )
    else:
        page.locator(".jp-OutputArea-output img").first.wait_for()
        assert page.locator(".jp-OutputArea-output dslab-trace").count() == 0
        assert (
            page.locator(".jp-OutputArea-output img")
            .first.get_attribute("alt")
            .startswith("In JupyterLab. Space-time diagram: ")
        )
    context.close()


@pytest.mark.skipif(
    not EXTENSION.is_dir(),
    reason="the JupyterLab extension is not installed: run `make .venv/.ready`",
)
def test_a_scenario_is_driven_through_a_kernel(lab, browser):
    context = patient(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{lab}/lab/workspaces/driven/tree/driven.ipynb")
    player = page.locator(".jp-OutputArea-output dslab-drive dslab-trace")
    run_until(page, player.locator('[data-key="node n1"]'))
    player.evaluate("player => player.go(player.run.stepAt(200000))")
    player.locator('[data-key="node n1"]').click()
    player.get_by_role("button", name="Crash", exact=True).click()
    player.locator('[data-key="node n1"][aria-label="n1, down"]').wait_for()
    assert player.locator(".sentence").inner_text().endswith("n1 crashes.") and trouble == []
    context.close()
