"""The rules of the house (docs/architecture.md), read off the source and off what an import really loads.

Every rule is a function from a file's source to the lines that break it, so that a test can also hold a line against
it that does break it.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent.parent

# From the roof to the ground; a module imports only what stands further down, or beside it in its own room.
ROOMS = (
    "__main__",
    "start",
    "app",
    "cli",
    "doctor",
    "ui",
    "workbench",
    "generation",
    "training",
    "evaluation",
    "files",
    "project",
    "models",
    "sequences",
    "sound",
)
GROUND = ("settings", "errors", "assets", "capacity", "child", "log", "__init__")

QT = {"PySide6", "shiboken6", "pyqtgraph", "PyQt5", "PyQt6", "qtpy"}
HEAVY = {"torch", "numba", "scipy"}
PICKLING = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
LONGEST_FUNCTION = 60  # lines, without its docstring


@dataclass(frozen=True)
class Source:
    """One file of the package; `name` is its path below studio/."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        return self.name.split("/")[0].removesuffix(".py")

    @property
    def module(self) -> str:
        parts = ["studio", *self.name.removesuffix(".py").split("/")]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def in_ui(self) -> bool:
        return self.room in ("ui", "app")


SOURCES = [
    Source(path.relative_to(TOP / "studio").as_posix(), path.read_text(encoding="utf-8"))
    for path in sorted((TOP / "studio").rglob("*.py"))
]

Rule = Callable[[Source], Iterator[tuple[int, str]]]  # line numbers, and what is wrong there


def imports(source: Source, tree: ast.AST | None = None) -> Iterator[tuple[int, str]]:
    """(line, full module name) of everything imported anywhere in the file."""
    for node in ast.walk(tree or source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                package = source.module.split(".")[: -node.level if "__init__" not in source.name else None]
                yield node.lineno, ".".join([*package, node.module or ""]).rstrip(".")
            elif node.module == "studio":
                names = (alias.name for alias in node.names if not alias.name.startswith("__"))
                yield from ((node.lineno, f"studio.{name}") for name in names)
            elif node.module:
                yield node.lineno, node.module


def dotted(node: ast.AST) -> str:
    """``a.b.c`` as it is written, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


# ---------------------------------------------------------------- the rules


def has_a_place(source: Source) -> Iterator[tuple[int, str]]:
    """Whoever adds a room says where it stands."""
    if source.room not in ROOMS + GROUND:
        yield 1, f"{source.room} stands in no order: put it into ROOMS, below everything that may import it"


def imports_downwards(source: Source) -> Iterator[tuple[int, str]]:
    if source.room not in ROOMS + GROUND:
        return
    height = len(ROOMS) if source.room in GROUND else ROOMS.index(source.room)
    for line, module in imports(source):
        parts = module.split(".")
        if parts[0] != "studio" or len(parts) == 1 or parts[1] in GROUND:
            continue
        if parts[1] not in ROOMS or (parts[1] != source.room and ROOMS.index(parts[1]) < height):
            yield line, f"imports {module}, which stands above {source.room}"


def no_qt_below_the_window(source: Source) -> Iterator[tuple[int, str]]:
    if not source.in_ui:
        for line, module in imports(source):
            if module.split(".")[0] in QT:
                yield line, f"imports {module}"


def no_torch_in_the_cellar(source: Source) -> Iterator[tuple[int, str]]:
    if source.room in ("sequences", "sound", "project", *GROUND):
        for line, module in imports(source):
            if module.split(".")[0] == "torch":
                yield line, f"imports {module}"


def packages_import_nothing(source: Source) -> Iterator[tuple[int, str]]:
    """Nothing but the standard library, so that importing one module of a room loads no other.

    The two rooms with a single door are that door.
    """
    if source.name.endswith("__init__.py") and source.room not in ("cli", "workbench"):
        for line, module in imports(source):
            if module.split(".")[0] not in sys.stdlib_module_names:
                yield line, f"imports {module}"


FILE_OPENERS = {
    *("open", "os.open", "io.open", "os.fdopen", "codecs.open", "wave.open", "gzip.open", "bz2.open", "lzma.open"),
    *("Image.open", "zipfile.ZipFile", "ZipFile", "sqlite3.connect", "tomllib.load", "json.load", "json.dump"),
    *("torch.load", "torch.save", "soundfile.read", "soundfile.write", "soundfile.SoundFile"),
    *(f"np.{name}" for name in ("load", "save", "savez", "savez_compressed", "loadtxt", "savetxt", "genfromtxt")),
    *("np.fromfile", "np.memmap", "loadmat", "savemat", "load_file", "save_file"),
}
FILE_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes"}


def opens_no_files(source: Source) -> Iterator[tuple[int, str]]:
    """Files are opened in files/, project/, training/checkpoints.py; doctor looks; assets finds what travels along.

    What a command says may have to go nowhere, which is a file too.
    """
    if source.room in ("files", "project", "assets", "doctor"):
        return
    if source.name in ("training/checkpoints.py", "cli/saying.py"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _opens_a_file(node):
            yield node.lineno, f"{ast.unparse(node.func)} opens a file"


def _opens_a_file(call: ast.Call) -> bool:
    if dotted(call.func) in FILE_OPENERS:
        return True
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value
    if isinstance(receiver, ast.Call) and dotted(receiver.func).split(".")[-1] in ("resource", "sample_data"):
        return False  # what travels with the studio
    if call.func.attr == "open":
        return dotted(receiver) != "self" and _is_a_mode(call.args)
    return call.func.attr in FILE_METHODS


def _is_a_mode(arguments: list[ast.expr]) -> bool:
    """path.open() and path.open("rb"), but not Project.open(path)."""
    if not arguments:
        return True
    first = arguments[0]
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and set(first.value) <= set("rwaxbt+")


def says_nothing_unheeded(source: Source) -> Iterator[tuple[int, str]]:
    """Commands say what they have to say through `studio.cli.saying`, or a label could steer the terminal."""
    if source.room == "cli" and source.name != "cli/saying.py":
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func) in ("print", "sys.stderr.write"):
                yield node.lineno, f"{dotted(node.func)} in place of say"


def starts_no_child_by_itself(source: Source) -> Iterator[tuple[int, str]]:
    """Child processes are started by `studio.child`, which keeps them from what lies in the working folder."""
    if source.room != "child":
        for line, module in imports(source):
            if module.split(".")[0] in ("subprocess", "multiprocessing", "concurrent.futures.process"):
                yield line, f"imports {module}"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func).startswith(
                ("os.system", "os.exec", "os.spawn", "os.popen")
            ):
                yield node.lineno, f"{dotted(node.func)} starts a process"


def never_unpickles(source: Source) -> Iterator[tuple[int, str]]:
    for line, module in imports(source):
        if module.split(".")[0] in PICKLING:
            yield line, f"imports {module}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            if dotted(node.func) in ("torch.load", "torch.save"):
                yield node.lineno, f"{dotted(node.func)} pickles"
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle" and getattr(keyword.value, "value", None) is not False:
                    yield node.lineno, "allows pickles"


# What draws at random in torch; the methods end in "_".
DRAWS = {
    *("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "poisson", "binomial"),
    *("rand_like", "randn_like", "randint_like", "rrelu", "dropout", "alpha_dropout"),
}
DRAWING_METHODS = {
    f"{name}_"
    for name in ("uniform", "normal", "bernoulli", "random", "exponential", "cauchy", "log_normal", "geometric")
}
DRAWING_LAYERS = {
    *("Linear", "Bilinear", "Embedding", "GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell", "Transformer"),
    *("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "MultiheadAttention", "Dropout"),
}
SHARED = {
    *("torch.manual_seed", "torch.seed", "torch.initial_seed", "torch.get_rng_state", "torch.set_rng_state"),
    *("torch.default_generator", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.mps.manual_seed"),
}
GENERATORS = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
# Run only while a model is made, within `studio.models.chance.drawing_from`.
FIRST_WEIGHTS = {"__init__", "reset_parameters", "_remember", "_chrono", "start"}


def draws_from_no_shared_generator(source: Source) -> Iterator[tuple[int, str]]:
    """Whatever is random comes from a generator that was passed in, so that a seed repeats whatever else goes on."""
    for line, module in imports(source):
        if module.split(".")[0] == "random" or module.startswith(("torch.distributions", "numpy.random")):
            yield line, f"imports {module}"
    making = source.room == "models" or source.name == "training/look_ahead.py"
    first_weights = {
        id(node)
        for function in functions(source)
        if making and function.name in FIRST_WEIGHTS
        for node in ast.walk(function)
    }
    for node in ast.walk(source.tree):
        name = dotted(node)
        if name in SHARED or name.startswith("torch.random.") or _is_legacy(name):
            yield node.lineno, f"{name} belongs to all threads"
        elif isinstance(node, ast.Call) and id(node) not in first_weights and _draws_from_any(node):
            yield node.lineno, f"{ast.unparse(node.func)} is not told which generator to draw from"


def _is_legacy(name: str) -> bool:
    return name.startswith(("np.random.", "numpy.random.")) and name.split(".")[2] not in GENERATORS


def _draws_from_any(call: ast.Call) -> bool:
    name = dotted(call.func) or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
    first, last = name.split(".")[0], name.split(".")[-1]
    if last == "default_rng":
        return not call.args and not call.keywords
    if first in ("torch", "nn", "F") and (last in DRAWING_LAYERS or name.startswith(("nn.init.", "torch.nn.init."))):
        return not _has_generator(call)
    draws = last in DRAWING_METHODS or (first in ("torch", "F") and last in DRAWS)
    return draws and not _has_generator(call)


def _has_generator(call: ast.Call) -> bool:
    return any(keyword.arg == "generator" for keyword in call.keywords)


def functions_fit_a_screen(source: Source) -> Iterator[tuple[int, str]]:
    for function in functions(source):
        first = function.body[0]
        begin = function.lineno
        end = function.end_lineno or begin
        documented = ast.get_docstring(function, clean=False) is not None
        docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
        if end - begin + 1 - docstring > LONGEST_FUNCTION:
            yield begin, f"{function.name} has {end - begin + 1 - docstring} lines"


def is_documented(source: Source) -> Iterator[tuple[int, str]]:
    """Modules everywhere; below the window also public classes and functions, and public methods that do something."""
    if ast.get_docstring(source.tree) is None:
        yield 1, "the module says nothing about itself"
    if source.in_ui:
        return
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list):
                continue  # what follows them is documented
            if ast.get_docstring(node) is None:
                yield node.lineno, f"{node.name} has no docstring"
            if isinstance(node, ast.ClassDef):
                yield from _undocumented_methods(node, source)


def _undocumented_methods(owner: ast.ClassDef, source: Source) -> Iterator[tuple[int, str]]:
    """A method of four lines whose name says it all may go without, and so may one that its base class explains."""
    explained = {function.name for function in functions(source) if ast.get_docstring(function) is not None}
    for node in owner.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in explained:
            lines = (node.end_lineno or 0) - node.body[0].lineno + 1
            if lines > 4:
                yield node.lineno, f"{owner.name}.{node.name} has no docstring"


def is_finished(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for word in ("TODO", "FIXME", "XXX"):
            if word in line:
                yield number, f"{word}: {line.strip()}"


def names_no_machine(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if any(place in line for place in ('"/home/', '"/root', '"/work', "'/home/", "C:\\")):
            yield number, f"names a place on one machine: {line.strip()}"


# What each rule forbids: a file's name, and a line in it that breaks the rule.
RULES: dict[Rule, tuple[str, str]] = {
    has_a_place: ("attic.py", ""),
    imports_downwards: ("files/csv_points.py", "from studio.training.recipe import Recipe"),
    no_qt_below_the_window: ("workbench.py", "def f():\n    from PySide6.QtCore import QTimer"),
    no_torch_in_the_cellar: ("sequences/pen.py", "def f():\n    import torch.nn"),
    packages_import_nothing: ("models/__init__.py", "from studio.models.vrnn import VRNN"),
    opens_no_files: ("cli.py", "Path(x).read_text()"),
    says_nothing_unheeded: ("cli/projects.py", "print(run.name)"),
    starts_no_child_by_itself: ("doctor.py", "def f():\n    import subprocess"),
    never_unpickles: ("files/arrays.py", "np.load(path, allow_pickle=True)"),
    draws_from_no_shared_generator: ("training/trainer.py", "noise = torch.randn(3)"),
    functions_fit_a_screen: ("cli.py", "def f():\n" + "    a = 1\n" * LONGEST_FUNCTION),
    is_documented: ("cli.py", '"""Module."""\n\ndef f(): pass'),
    is_finished: ("cli.py", "# TODO: the rest"),
    names_no_machine: ("cli.py", 'Path("/home/me/data")'),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_studio_keeps(rule: Rule) -> None:
    broken = [f"studio/{source.name}:{line} {what}" for source in SOURCES for line, what in rule(source)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_would_notice(rule: Rule) -> None:
    assert list(rule(Source(*RULES[rule])))


@pytest.mark.parametrize(
    "text",
    ["open(path)", "path.open()", "path.open('rb')", "np.load(path)", "sqlite3.connect(path)", "p.write_bytes(b'')"],
)
def test_every_way_to_open_a_file_is_noticed(text: str) -> None:
    assert list(opens_no_files(Source("cli.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        "Project.open(path)",
        "workbench.open(path)",
        "self.open()",
        "resource('themes', 'x').read_text()",
        "webbrowser.open(url)",
    ],
)
def test_what_opens_no_file_is_let_through(text: str) -> None:
    assert not list(opens_no_files(Source("cli.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        *("import random", "from random import choice", "import torch.distributions as d", "torch.manual_seed(1)"),
        *("with torch.random.fork_rng(): pass", "np.random.seed(1)", "np.random.normal(3)", "np.random.default_rng()"),
        *(
            "x.uniform_(0, 1)",
            "torch.empty(3).normal_()",
            "torch.randperm(3)",
            "nn.init.uniform_(x)",
            "nn.Linear(1, 2)",
        ),
        *("F.dropout(x)", "state = torch.get_rng_state", "class A:\n    def f(self):\n        torch.rand_like(x)"),
    ],
)
def test_every_way_to_draw_from_a_shared_generator_is_noticed(text: str) -> None:
    assert list(draws_from_no_shared_generator(Source("models/vrnn.py", text)))
    assert list(draws_from_no_shared_generator(Source("training/trainer.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        *("torch.randn(3, generator=g)", "x.uniform_(0, 1, generator=g)", "np.random.default_rng(3)"),
        *("class A(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(1, 2)", "likelihood.sample(x)"),
    ],
)
def test_what_draws_from_a_generator_of_its_own_is_let_through(text: str) -> None:
    assert not list(draws_from_no_shared_generator(Source("models/vrnn.py", text)))


# ---------------------------------------------------------------- circles


def module_level_imports(source: Source) -> set[str]:
    """The modules of the studio that must be complete before this one is."""
    names = {other.module for other in SOURCES}
    found = set()
    for statement in source.tree.body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        if isinstance(statement, ast.Import | ast.ImportFrom | ast.If | ast.Try):
            found |= {module for _, module in imports(source, statement) if module in names}
    return found - {source.module}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, [] where there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def test_nothing_imports_in_a_circle() -> None:
    assert not circle({source.module: module_level_imports(source) for source in SOURCES})


def test_a_circle_would_be_noticed() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]


# ---------------------------------------------------------------- what an import really loads


def loaded_by(*modules: str) -> set[str]:
    """The top-level names in sys.modules after importing these in a fresh interpreter."""
    code = "import sys, json, importlib\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    code += "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-c", code, *modules],
        capture_output=True,
        text=True,
        cwd=TOP,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def modules_of(*rooms: str) -> list[str]:
    return [source.module for source in SOURCES if source.room in rooms]


def test_the_window_loads_nothing_heavy() -> None:
    """It stands on the screen before torch is imported, and before others whose import takes a tenth of a second."""
    modules = modules_of("app", "ui")
    assert "studio.app" in modules
    assert not loaded_by(*modules) & (HEAVY | {"PIL", "ssl", "pyqtgraph", "soundfile", "sounddevice"})


def test_what_the_window_needs_to_show_itself_loads_neither_torch_nor_qt() -> None:
    modules = modules_of("cli", "workbench", "doctor", "files", "project", "sequences", "sound", *GROUND)
    modules += ["studio.training.recipe", "studio.training.events", "studio.models.settings"]
    assert "studio.workbench" in modules
    assert "studio.cli" in modules
    assert not loaded_by(*modules) & (HEAVY | QT)


def test_something_heavy_would_be_noticed() -> None:
    assert loaded_by("scipy.io") & HEAVY
