"""The browser's Python: pinned, the same bytes for the same tree, and a sentence where something is
not what it should be.
"""

import hashlib
import json
import shutil
import zipfile
from io import BytesIO

import pytest

from dslab.errors import DslabError
from scripts.site import folders, jupyterlite, pyodide, wheels
from scripts.site.folders import ROOT


def wheel(folder, name, **files):
    """A wheel made here, and its sha256."""
    info = f"{name}-1.dist-info"
    files = {path.replace("__", "/") + ".py": text.encode() for path, text in files.items()}
    packed = wheels.pack(
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
    """A build folder, pins, and wheels that pip finds on this machine instead of an index."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setattr(folders, "BUILD", tmp_path / "build")
    monkeypatch.setattr(wheels, "PINS", tmp_path / "pins.txt")
    monkeypatch.setattr(wheels, "KERNEL", tmp_path / "nowhere")
    monkeypatch.setattr(pyodide, "PAGE", ("dslab-book", "simpy"))
    monkeypatch.setattr(pyodide, "COMPILED", ())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (tmp_path / "pins.txt").write_text(
        f"simpy==1 --hash=sha256:{wheel(shelf, 'simpy', simpy____init__='x = 1')}\n"
    )
    return tmp_path


def test_without_npm_the_wheels_are_ours_and_pyodide_is_at_its_public_address(workshop):
    folder = pyodide.assemble(False)
    config = json.loads((folder / "config.json").read_text())
    version = json.loads((ROOT / "scripts" / "web" / "package.json").read_text())["dependencies"][
        "pyodide"
    ]
    assert config["index"] == f"https://cdn.jsdelivr.net/pyodide/v{version}/full/"
    assert not list(folder.glob("pyodide.*")) and len(list(folder.glob("*.whl"))) == 4
    assert all((folder / name).stat().st_size == size for name, size in config["files"].items())


def test_the_lock_names_only_our_packages_with_their_hashes(workshop):
    folder = pyodide.assemble(False)
    lock = json.loads((folder / "pyodide-lock.json").read_text())
    assert (
        set(lock["packages"]) == {"dslab-book", "simpy", "jedi", "matplotlib"}
        and lock["info"] == wheels.INFO
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

    folder = pyodide.assemble(False)
    first, made = bytes_of(folder), (folder / "config.json").stat().st_mtime_ns
    pyodide.assemble(False)
    assert (folder / "config.json").stat().st_mtime_ns == made
    shutil.rmtree(workshop / "build")
    assert bytes_of(pyodide.assemble(False)) == first
    assert capfd.readouterr().err == ""


def test_a_wheel_with_another_hash_is_one_sentence_and_nothing_is_written(workshop):
    wheels.PINS.write_text(f"simpy==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(
        DslabError,
        match=r"^the wheel of simpy==1 is not the one that pins.txt names \(its sha256 is "
        r"\w{12}…, not 0{12}…\): nothing was written; [^\n]*$",
    ):
        pyodide.assemble(False)
    assert not list((workshop / "build").rglob("*"))


def test_a_wrong_hash_leaves_the_last_good_one(workshop):
    before = sorted(path.name for path in pyodide.assemble(False).iterdir())
    wheels.PINS.write_text(f"simpy==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(DslabError):
        pyodide.assemble(False)
    assert sorted(path.name for path in (workshop / "build" / "python").iterdir()) == before


def test_a_damaged_wheel_is_fetched_again(workshop):
    wheels.fetch()
    [kept] = (workshop / "build" / "wheels").glob("*.whl")
    kept.write_bytes(kept.read_bytes()[:-1])
    [again] = wheels.fetch()
    assert zipfile.ZipFile(again).testzip() is None


def test_a_wheel_that_cannot_be_had_is_one_sentence(workshop):
    wheels.PINS.write_text(f"simpy==2 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(
        DslabError,
        match=r"^the wheels for the browser's Python could not be fetched \(.*simpy==2\): try "
        r"again with a network\.$",
    ):
        pyodide.assemble(False)


def test_a_line_that_is_no_pin_is_named(workshop):
    wheels.PINS.write_text("simpy>=1\n")
    with pytest.raises(
        DslabError,
        match=r"pins.txt has a line that is no pin: 'simpy>=1'; write NAME==VERSION "
        r"--hash=sha256:HEX\.",
    ):
        pyodide.assemble(False)


def test_a_need_that_is_not_pinned_is_named(workshop):
    with pytest.raises(DslabError, match="a needs b>=2, which pins.txt does not pin: add it there"):
        wheels.entry(
            {
                "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: "
                b"1\nRequires-Dist: b>=2\n"
            },
            {"a"},
        )


def test_what_holds_only_elsewhere_is_not_asked_for():
    about, _ = wheels.entry(
        {
            "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: "
            b"1\nRequires-Dist: b; sys_platform "
            b'== "win32"\n'
        },
        {"a"},
    )
    assert about["depends"] == []


def test_the_wheel_of_dslab_has_all_its_modules_and_data():
    files = zipfile.ZipFile(BytesIO(wheels.pack(wheels.own()))).namelist()
    tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "dslab").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    # The book's alone: terms and sources of a chapter, and how wide a page's code is.
    books = "/glossary.md", "/references.bib", "/ruff.toml"
    texts = {name for name in tree if name.endswith(books)}
    assert texts and {name for name in files if ".dist-info/" not in name} == tree - texts
    assert {name.split("/")[1] for name in files if ".dist-info/" in name} == {
        "METADATA",
        "WHEEL",
        "RECORD",
    }


@pytest.mark.skipif(
    shutil.which("node") is None or not pyodide.NPM.is_dir(),
    reason="`make site` installs Pyodide where npm is: nothing is compiled without",
)
def test_dslab_is_compiled_by_the_python_that_will_run_it(workshop):
    folders.BUILD.mkdir()
    files = pyodide.with_bytecode(wheels.own(), pyodide.own_bytecode())
    compiled = {name for name in files if name.endswith(".cpython-314.pyc")}
    assert {
        "dslab/__pycache__/node.cpython-314.pyc",
        "dslab/chapters/cap/__pycache__/cap_cp.cpython-314.pyc",
    } <= compiled
    assert (
        not [name for name in compiled if "/live/" in name]
        and len({files[name][:4] for name in compiled}) == 1
    )


def test_jupyterlite_takes_pyodide_from_where_the_pages_do_and_packages_from_nowhere_else(workshop):
    def kernel(index):
        (workshop / "config.json").write_text(json.dumps({"index": index, "build": "1"}))
        data = jupyterlite.settings(workshop)["jupyter-config-data"]
        return data["litePluginSettings"][jupyterlite.PLUGIN]

    assert kernel("./")["pyodideUrl"] == "./../python/pyodide.mjs"
    assert (
        kernel("https://cdn.example/full/")["pyodideUrl"] == "https://cdn.example/full/pyodide.mjs"
    )
    assert kernel("./")["disablePyPIFallback"] is True
