"""Everything that can be done, by name: what menus, buttons and shortcuts share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from studio.ui.icons import set_icon


@dataclass(frozen=True)
class Spec:
    """One action: its text in menus, icon, shortcut, and what it does in a user's words."""

    text: str
    icon: str = ""
    keys: str = ""
    tip: str = ""
    checkable: bool = False
    role: QAction.MenuRole = QAction.MenuRole.NoRole


SPECS: dict[str, Spec] = {
    "new": Spec("&New Project", "new", "Ctrl+N", "Start an empty project"),
    "open": Spec("&Open…", "open", "Ctrl+O", "Open a project"),
    "restore": Spec(
        "Restore a Cop&y…", "reset", "", "Put a copy in the place of this project; what is there now is kept beside it"
    ),
    "recover": Spec("Reco&ver…", "undo", "", "Untitled projects that were left behind when the studio ended"),
    "save": Spec("&Save", "save", "Ctrl+S", "Name an untitled project; named ones are kept as you go"),
    "save-as": Spec("Save &As…", "save", "Ctrl+Shift+S", "Go on in a file of another name"),
    "import": Spec(
        "&Import…", "import", "Ctrl+I", "Read drawings, recordings, texts and piano rolls from files or folders"
    ),
    "pattern": Spec("Insert &Pattern…", "pattern", "Ctrl+Shift+P", "Add drawings of a pattern to the collection"),
    "export-selected": Spec(
        "&Export Selected…",
        "export",
        "Ctrl+Shift+E",
        "Write what is selected (or everything) to files",
    ),
    "quit": Spec("&Quit", "quit", "Ctrl+Q", "Close the studio", role=QAction.MenuRole.QuitRole),
    "undo": Spec("&Undo", "undo", "Ctrl+Z", "Take the last step back"),
    "redo": Spec("&Redo", "redo", "Ctrl+Shift+Z", "Do again what was taken back"),
    "delete": Spec("&Delete", "trash", "Del", "Delete what is selected in the collection"),
    "duplicate": Spec("D&uplicate", "duplicate", "Ctrl+D", "Add copies of what is selected in the collection"),
    "select-all": Spec("Select &All", "select-all", "Ctrl+A", "Select the whole collection"),
    "label": Spec("&Label…", "label", "F2", "Say what the selected drawings show, recordings say or texts tell"),
    "flip-horizontal": Spec("Flip &Horizontally", "flip-horizontal", "Ctrl+H", "Mirror the selected drawings sideways"),
    "flip-vertical": Spec("Flip &Vertically", "flip-vertical", "Ctrl+J", "Turn the selected drawings upside down"),
    "edit": Spec("&Change on Canvas", "pen", "Ctrl+Return", "Erase or add strokes of the selected drawing"),
    "pen": Spec("&Pen", "pen", "Ctrl+P", "Draw (P on the canvas)", checkable=True),
    "eraser": Spec(
        "&Eraser", "eraser", "Ctrl+E", "Rub out strokes of the drawing on the canvas (E on the canvas)", checkable=True
    ),
    "add": Spec("&Add Drawing", "add", "Alt+Return", "Put the drawing on the canvas into the collection (Enter)"),
    "clear": Spec("&Clear Canvas", "clear", "Ctrl+Backspace", "Throw away what is on the canvas (Escape)"),
    "hairs": Spec(
        *("&Where It May Go", "hairs", "Ctrl+Shift+H"),
        "Hairs at the tip of your pen: the next half second, as the model would draw it",
        checkable=True,
    ),
    "onion": Spec(
        "&Onion Skin", "onion", "Ctrl+Shift+O", "Show the other drawings faintly under the pen", checkable=True
    ),
    "record": Spec("&Record", "record", "F9", "Record with the microphone after a count; pressing again ends it"),
    "play-recording": Spec("&Play Recording", "play", "Ctrl+Space", "Play the recording (Space in the collection)"),
    "loop-recording": Spec("&Loop Recording", "loop", "", "Begin again at the end", checkable=True),
    "trim-silence": Spec(
        "&Trim Silence", "trim", "Ctrl+T", "Cut off the silence before and after the selected recordings"
    ),
    "keep-selection": Spec(
        *("&Keep Selected Stretch", "check", "Ctrl+Shift+K"),
        "Cut off what lies outside the stretch selected in the waveform",
    ),
    "split-pauses": Spec(
        "&Split at Pauses",
        "split",
        "Ctrl+Shift+T",
        "Make a recording of each stretch between pauses: ten words in a row become ten",
    ),
    "copy-synthesis": Spec(
        "&Hear the Representation",
        "ear",
        "Ctrl+Shift+Space",
        "Hear what the representation alone costs: the recording as frames and back, without a model (copy-synthesis)",
    ),
    "add-text": Spec("&Add Text", "add", "Ctrl+Alt+Return", "Put the text into the collection"),
    "new-text": Spec("&New Text", "new", "Ctrl+Alt+N", "Put this text away and write another one"),
    "split-lines": Spec(
        "Split into &Lines", "split", "Ctrl+Alt+L", "Make a text of each line of the selected one: of a list, its names"
    ),
    "auto-trim": Spec("Trim Silence of &New Recordings", tip="Undo brings it back", checkable=True),
    "auto-split": Spec(
        "Split N&ew Recordings at Pauses", tip="Say ten words in a row and get ten recordings", checkable=True
    ),
    "count-in": Spec("&Count Before Recording", tip="Three, two, one, unless the button is held", checkable=True),
    "sound-devices": Spec("Sound &Devices…", "volume", "", "Choose loudspeaker and microphone"),
    "new-roll": Spec("&New Piano Roll", "new", "Ctrl+Alt+R", "Begin a piano roll on an empty sheet"),
    "play-roll": Spec("&Play Notes", "play", "Ctrl+Alt+Space", "Play the notes (Space)"),
    "loop-roll": Spec("&Loop Notes", "loop", "Ctrl+Alt+O", "Begin again at the end", checkable=True),
    "train": Spec("&Train", "play", "F5", "Learn what is in the collection, from the beginning"),
    "pause-training": Spec("&Pause", "pause", "F6", "Hold the training; pressing again goes on with it"),
    "stop-training": Spec("&Stop", "stop", "Shift+F5", "Save the training as it stands and end it"),
    "resume-run": Spec("&Go On with This Run", "play", "Ctrl+F5", "Train the shown run further, from where it ended"),
    "rename-run": Spec("&Rename Run…", "label", "", "Give the shown run another name"),
    "delete-run": Spec("&Delete Run…", "trash", "", "Delete the shown run, its curves and its weights"),
    "measure": Spec(
        "&Measure…", "search", "Ctrl+M", "How well a run knows its material, and what it decides, in numbers"
    ),
    "curves": Spec("&Curves…", "curves", "Ctrl+U", "The curves of a run, large: look closer, read values, export"),
    "settings": Spec("All &Settings…", "settings", "Ctrl+,", "See and change every setting of the recipe"),
    "play": Spec("&Play", "play", "F8", "Let it go on"),
    "restart": Spec("&Restart", "restart", "F7", "Begin the same samples again, with the newest weights"),
    "loop": Spec("&Loop", "loop", "Ctrl+L", "Begin again when everything has finished", checkable=True),
    "dice": Spec("&New Seed", "dice", "Ctrl+R", "Generate other samples"),
    "reset-variance": Spec("Variances Back to &1", "reset", "Ctrl+0", "Generate as the model was trained"),
    "compare": Spec(
        "Compare with a Recordin&g",
        "compare",
        "Ctrl+Shift+A",
        "A/B: hear what was generated, then a real recording as loud, in turn; the selected one, or one of that label",
    ),
    "begin": Spec("&Begin with Selected", "begin", "Ctrl+B", "Let the model continue what is selected"),
    "finish": Spec(
        *("&Finish It", "finish", "Ctrl+Shift+F"),
        "Let the model finish what is on the canvas, or is selected, in several ways; a click takes one",
    ),
    "begin-nothing": Spec("Begin with &Nothing", "close", "Ctrl+Shift+B", "Let the model begin by itself"),
    "between": Spec(
        "From One to Anothe&r", "between", "Ctrl+Shift+R", "Draw what lies between the two drawings that are selected"
    ),
    "walk": Spec(
        "From This to T&hat", "walk", "", "Move a slider from the one selected drawing to the other, on the map of g"
    ),
    "export-svg": Spec("As &SVG…", "", "", "Write the samples that are shown as one vector picture"),
    "export-png": Spec("As &PNG…", "", "", "Write the samples that are shown as one picture"),
    "export-gif": Spec("As &GIF Animation…", "", "", "Write the samples that are shown as an animated picture"),
    "export-csv": Spec("As &CSV…", "", "", "Write the samples that are shown as tables"),
    "export-wav": Spec("As &WAV…", "", "", "Write what was generated as sound"),
    "export-mid": Spec("As &MIDI…", "", "", "Write the notes that were generated for other music programs"),
    "export-flac": Spec("As &FLAC…", "", "", "Write what was generated as sound, smaller and just as good"),
    "export-npy": Spec("As &NumPy Array…", "", "", "Write the keys that were generated, a row for each moment"),
    "export-npz": Spec("As N&umPy Archive…", "", "", "Write all piano rolls that were generated, with their tempo"),
    "export-txt": Spec("As Te&xt…", "", "", "Write the text that was generated"),
    "copy-text": Spec("Cop&y Text", "duplicate", "Ctrl+Alt+C", "Copy all of the text that was generated"),
    "export-samples": Spec("&Export Samples…", "export", "Ctrl+Shift+G", "Write the samples that are shown to a file"),
    "collect": Spec("Add Samples to &Collection", "add", "", "Put the samples that are shown into the collection"),
    "view-samples": Spec("&Samples", "play", "Ctrl+1", "Watch, or hear, what the model generates", checkable=True),
    "view-inside": Spec(
        "Look &Inside", "inside", "Ctrl+2", "See where a model had to decide, on the material itself", checkable=True
    ),
    "view-compare": Spec(
        "&Compare Runs", "table", "Ctrl+3", "See runs side by side: bounds, sizes, times and samples", checkable=True
    ),
    "compare-runs": Spec(
        "C&ompare Ticked Runs",
        "table",
        "Ctrl+Shift+C",
        "Measure the ticked runs on the same material, and let them generate from the same seed",
    ),
    "export-comparison": Spec(
        "Export Co&mparison…", "export", "Ctrl+Shift+M", "Write the table, or a picture of it with the samples"
    ),
    "play-steps": Spec("&Watch It Learn", "play", "Ctrl+Shift+W", "Go through the steps of the training"),
    "export-inside": Spec(
        "&Export This Look…", "export", "Ctrl+Shift+L", "Write what is seen as a picture, a table or an animation"
    ),
    "smooth-lines": Spec(
        "Smooth &Lines",
        tip="Generated drawings as smooth curves through their points, also exported; off: straight lines",
        checkable=True,
    ),
    "reset-layout": Spec("&Reset Layout", "layout", "", "Put all panes back to where they were at first"),
    "palette": Spec("&Commands…", "search", "Ctrl+K", "Find an action, a setting or a run by a few letters"),
    "present": Spec("&Presentation", "", "F11", "The canvas alone; Esc or F11 goes back", checkable=True),
    "full-screen": Spec("&Full Screen", "", "Shift+F11", "Fill the whole screen", checkable=True),
    "hints": Spec("Show &Hints Again", "info", "", "Bring back the hints that were closed"),
    "shortcuts": Spec("&Keyboard Shortcuts", "keyboard", "F1", "All shortcuts on one page"),
    "logs": Spec("Open &Log Folder", "open", "", "The files to send along when something went wrong"),
    "about": Spec("&About VRNN Studio", "info", "", "", role=QAction.MenuRole.AboutRole),
}

# "-" is a line, (title, ...) a menu inside; names ending in * are menus that the window fills itself.
MENUS: dict[str, tuple[object, ...]] = {
    "&File": (
        "new", "open", "recent*", "samples*", "restore", "recover", "-", "save", "save-as", "-",
        "import", "pattern", "export-selected", "-", "quit",
    ),
    "&Edit": (
        "undo", "redo", "-", "delete", "duplicate", "label", "select-all", "-",
        "flip-horizontal", "flip-vertical", "edit",
    ),
    "&Draw": ("pen", "eraser", "-", "add", "clear", "adding*", "-", "onion", "hairs"),
    "A&udio": (
        "record", "play-recording", "loop-recording", "-", "trim-silence", "keep-selection", "split-pauses", "-",
        "copy-synthesis", "-", "auto-trim", "auto-split", "count-in", "-", "sound-devices",
    ),
    "Te&xt": ("add-text", "new-text", "-", "split-lines"),
    "&Notes": ("new-roll", "play-roll", "loop-roll"),
    "&Train": (
        "train", "pause-training", "stop-training", "-", "settings", "-",
        "resume-run", "rename-run", "delete-run", "-", "curves", "measure",
    ),
    "&Generate": (
        "play", "restart", "loop", "dice", "compare", "-", "count*", "reset-variance", "-",
        "begin", "finish", "between", "walk", "begin-nothing", "-", "collect", "copy-text", "export-samples",
        (
            "Export Samples &As", "export-svg", "export-png", "export-gif", "export-csv", "export-npy", "export-npz",
            "export-wav", "export-mid", "export-flac", "export-txt",
        ),
    ),
    "&View": (
        "view-samples", "view-inside", "view-compare", "-", "play-steps", "export-inside", "-",
        "compare-runs", "export-comparison", "-",
        "smooth-lines", "theme*", "panes*", "reset-layout", "-", "palette", "present", "full-screen", "hints",
    ),
    "&Help": ("shortcuts", "logs", "-", "about"),
}  # fmt: skip
FILLED_MENUS = {
    "recent*": "Open &Recent",
    "samples*": "Open Sa&mple",
    "adding*": "A Drawing &Is Added",
    "count*": "Side by &Side",
    "theme*": "&Theme",
    "panes*": "&Panes",
}


class Actions:
    """The actions of one window; ``actions["undo"]`` is a QAction."""

    def __init__(self, window: QWidget) -> None:
        self._all = {name: _action(spec, window) for name, spec in SPECS.items()}
        self.menus: dict[str, QMenu] = {}
        tools = QActionGroup(window)
        for name in ("pen", "eraser"):
            tools.addAction(self._all[name])
        self._all["pen"].setChecked(True)

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def allow(self, name: str, why_not: str = "") -> None:
        """Enable an action, or disable it and let its tooltip say why."""
        action, spec = self._all[name], SPECS[name]
        action.setEnabled(not why_not)
        action.setToolTip(_tooltip(spec.tip or spec.text, action, why_not))

    def retitle(self, name: str, text: str, icon: str, tip: str) -> None:
        """Let an action that toggles say what it does next."""
        action = self._all[name]
        if action.text() != text:
            action.setText(text)
            set_icon(action, icon)
            action.setToolTip(_tooltip(tip, action, ""))

    def connect(self, slots: Mapping[str, Callable[[], object]]) -> None:
        """Call the slots when their actions are triggered; whether an action is checked is not passed on."""
        for name, slot in slots.items():
            self._all[name].triggered.connect(lambda *_, slot=slot: slot())

    def fill(self, bar: QMenuBar) -> None:
        """Make the menus."""
        for title, entries in MENUS.items():
            self._fill(_submenu(bar, title), entries)

    def _fill(self, menu: QMenu, entries: tuple[object, ...]) -> None:
        menu.setToolTipsVisible(True)
        for entry in entries:
            if isinstance(entry, tuple):
                self._fill(_submenu(menu, str(entry[0])), entry[1:])
            elif entry == "-":
                menu.addSeparator()
            elif entry in FILLED_MENUS:
                self.menus[str(entry)] = _submenu(menu, FILLED_MENUS[str(entry)])
            else:
                menu.addAction(self._all[str(entry)])

    def in_menus(self) -> list[tuple[str, QAction]]:
        """(menu, action) of every action, in the order of the menus, but those of other kinds of material."""
        found: list[tuple[str, QAction]] = []
        for title, entries in MENUS.items():
            names = [name for entry in entries for name in (entry[1:] if isinstance(entry, tuple) else (entry,))]
            actions = (self._all[str(name)] for name in names if name in self._all)
            found += [(title, action) for action in actions if action.isVisible()]
        return found

    def belong_to(self, widget: QWidget) -> None:
        """Let the keys of all actions work in a widget, too, whose menus are hidden."""
        widget.addActions(list(self._all.values()))

    def leave(self, widget: QWidget) -> None:
        """No longer so."""
        for action in self._all.values():
            widget.removeAction(action)

    def shortcuts(self) -> list[tuple[str, str, str]]:
        """(menu, action, keys) of every action that has keys, in the order of the menus."""
        found = []
        for title, entries in MENUS.items():
            for entry in entries:
                action = self._all.get(str(entry))
                if action is not None and not action.shortcut().isEmpty():
                    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
                    found.append((plain(title), plain(action.text()), keys))
        return found


def _submenu(parent: QMenu | QMenuBar, title: str) -> QMenu:
    # Given a parent, it belongs to Qt; what addMenu(title) makes belongs to Python, and goes with its last reference.
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    parent.addMenu(menu)
    return menu


def within_sentence(sentence: str) -> str:
    """The sentence as another goes on with it."""
    return sentence[:1].lower() + sentence[1:]


def plain(text: str) -> str:
    """An action's text without its mnemonic and dots."""
    return text.replace("&", "").rstrip("…")


def _action(spec: Spec, window: QWidget) -> QAction:
    action = QAction(spec.text, window)
    if spec.icon:
        set_icon(action, spec.icon)
    if spec.keys:
        action.setShortcut(QKeySequence(spec.keys))
    action.setCheckable(spec.checkable)
    action.setMenuRole(spec.role)
    action.setToolTip(_tooltip(spec.tip or plain(spec.text), action, ""))
    action.setStatusTip(spec.tip)
    return action


def _tooltip(tip: str, action: QAction, why_not: str) -> str:
    if why_not:
        return f"{tip.rstrip('.')}.\nNot now: {why_not}"
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    return f"{tip} ({keys})" if keys else tip
