"""The browser's Python: pinned, the same bytes for the same tree, and a sentence where something is
not what it should be.
"""

import hashlib
import json
import shutil
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO
from pathlib import Path

import pytest
import yaml

from dslab.errors import DslabError

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import browser_python  # noqa: E402
import lite  # noqa: E402


def wheel(folder, name, **files):
    """A wheel made here, and its sha256."""
    info = f"{name}-1.dist-info"
    files = {path.replace("__", "/") + ".py": text.encode() for path, text in files.items()}
    packed = browser_python.pack(
        files
        | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
    )
    (folder / f"{name}-1-py3-none-any.whl").write_bytes(packed)
    return hashlib.sha256(packed).hexdigest()


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    """A build folder and pins of its own, and wheels that pip finds on this machine instead of an
    index.
    """
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setattr(browser_python, "BUILD", tmp_path / "build")
    monkeypatch.setattr(browser_python, "PINS", tmp_path / "pins.txt")
    monkeypatch.setattr(browser_python, "KERNEL", tmp_path / "nowhere")
    monkeypatch.setattr(browser_python, "PAGE", ("dslab-book", "simpy"))
    monkeypatch.setattr(browser_python, "COMPILED", ())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "pins.txt").write_text(
        f"simpy==1 --hash=sha256:{wheel(shelf, 'simpy', simpy____init__='x = 1')}\n"
    )
    return tmp_path


def test_without_npm_the_wheels_are_ours_and_pyodide_is_at_its_public_address(workshop):
    folder = browser_python.assemble(False)
    config = json.loads((folder / "config.json").read_text())
    version = json.loads((ROOT / "scripts" / "web" / "package.json").read_text())["dependencies"][
        "pyodide"
    ]
    assert config["index"] == f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"
    assert not list(folder.glob("pyodide.*")) and len(list(folder.glob("*.whl"))) == 4
    assert all((folder / name).stat().st_size == size for name, size in config["files"].items())


def test_the_lock_names_only_our_packages_with_their_hashes(workshop):
    folder = browser_python.assemble(False)
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    assert (
        set(lock["packages"]) == {"dslab-book", "simpy", "jedi", "matplotlib"}
        and lock["info"] == browser_python.INFO
    )
    for each in lock["packages"].values():
        assert (
            hashlib.sha256((folder / each["file_name"]).read_bytes()).hexdigest() == each["sha256"]
        )
        assert each["sha256"][:10] in each["file_name"]
    assert lock["packages"]["dslab-book"]["depends"] == ["simpy"] and lock["packages"][
        "dslab-book"
    ]["imports"] == ["dslab"]


def test_the_same_tree_gives_the_same_bytes_and_nothing_is_made_twice(workshop, capfd):
    def bytes_of(folder):
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    folder = browser_python.assemble(False)
    first, made = bytes_of(folder), (folder / "config.json").stat().st_mtime_ns
    browser_python.assemble(False)
    assert (folder / "config.json").stat().st_mtime_ns == made
    shutil.rmtree(workshop / "build")
    assert bytes_of(browser_python.assemble(False)) == first
    assert capfd.readouterr().err == ""


def test_a_wheel_with_another_hash_is_one_sentence_and_nothing_is_written(workshop):
    browser_python.PINS.write_text(f"simpy==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(
        DslabError,
        match=r"^the wheel of simpy==1 is not the one that pins.txt names \(its sha256 is "
        r"\w{12}…, not 0{12}…\): nothing was written; [^\n]*$",
    ):
        browser_python.assemble(False)
    assert not list((workshop / "build").rglob("*"))


def test_a_wrong_hash_leaves_the_last_good_one(workshop):
    before = sorted(path.name for path in browser_python.assemble(False).iterdir())
    browser_python.PINS.write_text(f"simpy==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(DslabError):
        browser_python.assemble(False)
    assert sorted(path.name for path in (workshop / "build" / "python").iterdir()) == before


def test_a_damaged_wheel_is_fetched_again(workshop):
    browser_python.fetch()
    [kept] = (workshop / "build" / "wheels").glob("*.whl")
    kept.write_bytes(kept.read_bytes()[:-1])
    [again] = browser_python.fetch()
    assert zipfile.ZipFile(again).testzip() is None


def test_a_wheel_that_cannot_be_had_is_one_sentence(workshop):
    browser_python.PINS.write_text(f"simpy==2 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(
        DslabError,
        match=r"^the wheels for the browser's Python could not be fetched \(.*simpy==2\): try "
        r"again with a network\.$",
    ):
        browser_python.assemble(False)


def test_a_line_that_is_no_pin_is_named(workshop):
    browser_python.PINS.write_text("simpy>=1\n")
    with pytest.raises(
        DslabError,
        match=r"pins.txt has a line that is no pin: 'simpy>=1'; write NAME==VERSION "
        r"--hash=sha256:HEX\.",
    ):
        browser_python.assemble(False)


def test_a_need_that_is_not_pinned_is_named(workshop):
    with pytest.raises(DslabError, match="a needs b>=2, which pins.txt does not pin: add it there"):
        browser_python.entry(
            {
                "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: "
                b"1\nRequires-Dist: b>=2\n"
            },
            {"a"},
        )


def test_what_holds_only_elsewhere_is_not_asked_for():
    about, _ = browser_python.entry(
        {
            "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: "
            b"1\nRequires-Dist: b; sys_platform "
            b'== "win32"\n'
        },
        {"a"},
    )
    assert about["depends"] == []


def test_the_wheel_of_dslab_has_all_its_modules_and_data():
    files = zipfile.ZipFile(BytesIO(browser_python.pack(browser_python.own()))).namelist()
    tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dslab").rglob("*")
        if path.is_file() and path.suffix not in (".pyc",)
    }
    assert {name for name in files if ".dist-info/" not in name} == tree
    assert {name.split("/")[1] for name in files if ".dist-info/" in name} == {
        "METADATA",
        "WHEEL",
        "RECORD",
    }


@pytest.mark.skipif(
    shutil.which("node") is None or not browser_python.NPM.is_dir(),
    reason="`make site` installs Pyodide where npm is: nothing is compiled without",
)
def test_dslab_is_compiled_by_the_python_that_will_run_it(workshop):
    browser_python.BUILD.mkdir()
    files = browser_python.with_bytecode(browser_python.own(), browser_python.own_bytecode())
    compiled = {name for name in files if name.endswith(".cpython-314.pyc")}
    assert {
        "dslab/__pycache__/node.cpython-314.pyc",
        "dslab/chapters/cap/__pycache__/cap_cp.cpython-314.pyc",
    } <= compiled
    assert (
        not [name for name in compiled if "/live/" in name]
        and len({files[name][:4] for name in compiled}) == 1
    )


@pytest.fixture
def site(tmp_path, monkeypatch):
    """scripts/site.py, whose name is also that of a module of Python's."""
    spec = spec_from_file_location("site_builder", ROOT / "scripts" / "site.py")
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    monkeypatch.setattr(found, "ASSETS", tmp_path / "assets")
    return found


def test_without_npm_the_build_says_so(site, monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert site.modules() is False
    assert (
        capsys.readouterr().out
        == "npm is not installed: the pages will load MathJax and Pyodide from their public "
        "addresses.\n"
    )


def test_a_wrong_hash_ends_the_build_with_one_line_and_exit_code_2(
    workshop, site, monkeypatch, capsys
):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(site, "book", lambda vendored: pytest.fail("a book was built"))
    browser_python.PINS.write_text(f"simpy==1 --hash=sha256:{'0' * 64}\n")
    assert site.main() == 2
    assert capsys.readouterr().err.startswith("dslab: the wheel of simpy==1 is not the one")


def test_jupyterlite_takes_pyodide_from_where_the_pages_do_and_packages_from_nowhere_else(workshop):
    def kernel(index):
        (workshop / "config.json").write_text(json.dumps({"index": index, "build": "1"}))
        return lite.settings(workshop)["jupyter-config-data"]["litePluginSettings"][lite.PLUGIN]

    assert kernel("./")["pyodideUrl"] == "./../python/pyodide.mjs"
    assert (
        kernel("https://cdn.example/full/")["pyodideUrl"] == "https://cdn.example/full/pyodide.mjs"
    )
    assert kernel("./")["disablePyPIFallback"] is True


def test_without_npm_the_configuration_still_finds_what_the_site_is_built_with():
    spec = spec_from_file_location(
        "dslab_site", ROOT / "scripts" / "site.py"
    )  # Python has a module called site itself.
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    (ROOT / "build").mkdir(exist_ok=True)
    data = yaml.safe_load(module.config(vendored=False).read_text(encoding="utf-8"))
    for name, folder in data["sphinx"]["local_extensions"].items():
        assert Path(folder).is_absolute() and (Path(folder) / f"{name}.py").is_file()
    assert "mathjax_path" not in data["sphinx"]["config"]
