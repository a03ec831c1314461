"""Whether compiled code, which is unpickled and run, can only come from this user."""

import os
import stat
import sys
import textwrap

import pytest

from studio import child
from studio.models import code_cache
from studio.models.code_cache import NotPrivate, private

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions of Unix")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_closed_to_others_and_so_is_what_leads_there(tmp_path):
    assert private(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_a_folder_that_others_only_read_is_closed_to_them(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o755)
    assert private(folder) == folder
    assert mode(folder) == 0o700


@pytest.mark.parametrize(("bits", "who"), [(0o777, "everybody"), (0o757, "everybody"), (0o1777, "everybody")])
def test_a_folder_that_others_write_to_is_refused(tmp_path, bits, who):
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(bits)
    with pytest.raises(NotPrivate, match=f"{who} may write to .*cache"):
        private(folder)
    assert mode(folder) == bits & 0o777 | bits & 0o1000


def test_groups_of_others_are_refused_and_the_users_own_is_not(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o770)
    monkeypatch.setattr(code_cache, "_is_only_ours", lambda group: False)
    with pytest.raises(NotPrivate, match="its group may write"):
        private(folder)
    monkeypatch.setattr(code_cache, "_is_only_ours", lambda group: True)
    assert mode(private(folder)) == 0o700


def test_a_folder_on_the_way_that_others_write_to_is_refused(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(NotPrivate, match=r"may write to .*open$"):
        private(tmp_path / "open" / "cache")
    (tmp_path / "open").chmod(0o1777)  # as /tmp
    assert private(tmp_path / "open" / "cache").exists()


@pytest.mark.parametrize("whose", ["cache", "above"])
def test_folders_of_other_users_are_refused(tmp_path, monkeypatch, whose):
    folder = tmp_path / "above" / "cache"
    folder.mkdir(parents=True)
    strange = folder if whose == "cache" else folder.parent
    real = os.stat_result
    usual = type(folder).lstat

    def lstat(path):
        found = list(usual(path))
        found[stat.ST_UID] = os.getuid() + 4321 if path == strange else os.getuid()
        return real(found)

    monkeypatch.setattr(type(folder), "lstat", lstat)
    with pytest.raises(NotPrivate, match="another user"):
        private(folder)


def test_links_are_followed_to_where_they_lead(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path / "open")
    with pytest.raises(NotPrivate):
        private(tmp_path / "link" / "cache")
    (tmp_path / "good").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "good")
    assert private(tmp_path / "way" / "cache") == tmp_path / "good" / "cache"


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(NotPrivate, match="not a folder"):
        private(tmp_path / "cache")


@pytest.mark.parametrize("loose", ["vrnn-studio", "vrnn-studio/compiled", "vrnn-studio/compiled/sub"])
def test_the_studios_own_folder_is_closed_and_what_was_in_it_is_compiled_anew(tmp_path, monkeypatch, loose):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(code_cache.platformdirs, "user_cache_path", lambda *_, **__: tmp_path / "vrnn-studio")
    planted = tmp_path / "vrnn-studio" / "compiled" / "sub" / "planted.nbi"
    planted.parent.mkdir(parents=True)
    planted.touch()
    (tmp_path / loose).chmod(0o777)
    assert mode(code_cache._opened(code_cache.chosen())) == 0o700
    assert not planted.exists()
    assert not (tmp_path / "vrnn-studio").stat().st_mode & 0o022


@pytest.mark.parametrize("planted", ["folder", "file", "link", "pipe"])
def test_what_others_could_have_put_inside_is_noticed(tmp_path, monkeypatch, planted):
    """A folder that only its owner could write to may hold another that its group could."""
    inside = tmp_path / "cache" / "sub"
    inside.mkdir(parents=True)
    (inside / "good.nbi").touch()
    assert private(tmp_path / "cache")
    if planted == "folder":
        inside.chmod(0o777)
    elif planted == "file":
        (inside / "bad.nbi").touch()
        (inside / "bad.nbi").chmod(0o666)
    elif planted == "link":
        (inside / "bad.nbi").symlink_to("/etc/hostname")
    else:
        os.mkfifo(inside / "bad.nbi")
    with pytest.raises(NotPrivate):
        private(tmp_path / "cache")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(NotPrivate):
        code_cache._opened(code_cache.chosen())
    assert (inside / "good.nbi").exists()


PROBE = """
    import logging, sys
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    from studio.models import compiled
    from numba import config
    print(compiled.place, config.CACHE_DIR or None)
    products = compiled.products()
    import numpy as np
    packed = np.zeros(4096, np.float32)
    products.pack(np.ones((2, 2), np.float32), packed, 0)
    print(packed.sum())
"""


def test_what_is_planted_in_an_open_folder_is_not_loaded(tmp_path):
    """The whole way, in a process of its own: nothing is kept, one line says why, and it works all the same."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    done = child.run(textwrap.dedent(PROBE), NUMBA_CACHE_DIR=str(folder))
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == 3
    assert "not kept" in said[0]
    assert "everybody may write" in said[0]
    assert said[1:] == ["None None", "4.0"]
    assert list(folder.iterdir()) == []


YAML = """
    import os, sys, types
    yaml = types.ModuleType("yaml")
    yaml.safe_load = lambda file: {"cache_dir": "planted", "cache_locator_classes": "planted.Locator"}
    sys.modules["yaml"] = yaml
    os.chdir(FOLDER)
    from studio.models import compiled
    from numba import config
    config.reload_config()
    print(config.CACHE_DIR, repr(config.CACHE_LOCATOR_CLASSES))
"""


def test_numba_takes_no_settings_from_the_working_folder(tmp_path):
    (tmp_path / ".numba_config.yaml").write_text("cache_dir: planted")
    place = tmp_path / "cache"
    code = f"FOLDER = {str(tmp_path)!r}\n" + textwrap.dedent(YAML)
    done = child.run(code, NUMBA_CACHE_DIR=str(place))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(place), "''"]
