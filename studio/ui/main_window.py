"""The window: panes in docks around the generation canvas, menus, status bar, and the project that is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from PySide6.QtCore import QByteArray, QSize, Qt, QUrl
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QDialog, QDockWidget, QMainWindow, QMessageBox, QTabWidget

from studio import __version__
from studio.errors import DamagedProject, StudioError
from studio.training.recipe import Recipe
from studio.ui import icons
from studio.ui.actions import Actions
from studio.ui.adapting import least_height, room_on_screen
from studio.ui.audio.output import SoundOutput
from studio.ui.audio.pane import AudioPane
from studio.ui.audio.system import SoundSystem
from studio.ui.centre import Centre
from studio.ui.collection_pane import SHARED, CollectionPane
from studio.ui.commands import entries_of
from studio.ui.comparing.pane import ComparePane
from studio.ui.curves_dialog import CurvesDialog
from studio.ui.file_dialogs import PROJECT_FILES, ask_for_project, ask_where_to_save
from studio.ui.garbage import TakesAwayGarbage
from studio.ui.generation import GenerationPane
from studio.ui.import_dialog import ImportDialog, local_paths
from studio.ui.inside.pane import InsidePane
from studio.ui.measure_dialog import MeasureDialog
from studio.ui.notes.pane import NotesPane
from studio.ui.palette import Palette
from studio.ui.panes import Panes
from studio.ui.pattern_dialog import PatternDialog
from studio.ui.preferences import SMOOTH_LINES, preferences, remembered_text, smooth_lines
from studio.ui.presenting import Presentation
from studio.ui.problems import problems, reported
from studio.ui.recover_dialog import RecoverDialog
from studio.ui.shortcuts import ShortcutsDialog
from studio.ui.stage import Stage
from studio.ui.status import Status
from studio.ui.text.pane import TextPane
from studio.ui.theme import Mode, theme
from studio.ui.training import TrainingPane
from studio.ui.trajectories import TrajectoriesPane
from studio.ui.widgets import timer
from studio.workbench import Job, RunInfo, Workbench

POLLS_PER_SECOND = 30
THEMES: dict[Mode, str] = {"system": "Like the &System", "light": "&Light", "dark": "&Dark"}
SMALLEST = QSize(480, 300)
USUAL = QSize(1280, 800)


class _MaterialTabs(QTabWidget):
    """Wide enough for all of its tabs."""

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().expandedTo(QSize(self.tabBar().sizeHint().width() + 2, 0))

    def least_height(self, width: int) -> int:
        """Of the pane in front alone."""
        return self.tabBar().height() + least_height(self.currentWidget(), width)


class MainWindow(QMainWindow):
    """Shows one workbench."""

    def __init__(self, workbench: Workbench, logs: Path | None = None, sound: SoundSystem | None = None) -> None:
        super().__init__()
        self._garbage = TakesAwayGarbage(self)
        system = sound or SoundSystem()
        self.workbench = workbench
        self._logs = logs
        self._rescuing = 0  # the job that does so
        self._looking_for_left = 0  # likewise
        self._project = 0  # which of those that were open
        self._measuring: MeasureDialog | None = None
        self._curves: CurvesDialog | None = None
        self.asks = True  # what becomes of unsaved work; not where the system ends the program
        self._started = False  # whether a project was opened, so that there shall always be one
        self.setObjectName("studio")
        self.setWindowIcon(icons.app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(SMALLEST)
        self.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        theme().changed.connect(icons.refresh)
        self.commands = Actions(self)
        self.commands.fill(self.menuBar())
        self.output = SoundOutput(system.make_player, self)
        self.stage = Stage(self.commands, self.output)
        self.trajectories = TrajectoriesPane(workbench, self.commands)
        self.audio = AudioPane(workbench, self.commands, self.output, system)
        self.texts = TextPane(workbench, self.commands)
        self.notes = NotesPane(workbench, self.commands, self.output)
        self.panes: tuple[CollectionPane, ...] = (self.trajectories, self.audio, self.texts, self.notes)
        self.training = TrainingPane(workbench, self.commands)
        self.generation = GenerationPane(workbench, self.commands, self.stage, self.output)
        self.status = Status(workbench)
        self.setStatusBar(self.status)
        self.inside = InsidePane(workbench, self.commands)
        self.compare = ComparePane(workbench, self.commands, self.output)
        self.centre = Centre(self.commands, self.stage, {"view-inside": self.inside, "view-compare": self.compare})
        self.setCentralWidget(self.centre)
        self.material_tabs = self._make_material()
        contents = {"material": self.material_tabs, "generate": self.generation, "train": self.training}
        self.places = Panes(self, self.centre, contents)
        self.presentation = Presentation(self, self.commands, self.centre, self.places, self.stage)
        self._fill_menus()
        self._connect()
        self._restore()
        self._show_project()
        self._show_front()
        self._timer = timer(self, 1000 // POLLS_PER_SECOND, workbench.poll)
        self._timer.start()

    # --- building

    def _make_material(self) -> QTabWidget:
        tabs = _MaterialTabs()
        tabs.setTabBarAutoHide(True)
        tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab would end at the hidden bar
        for pane in self.panes:
            tabs.addTab(pane, pane.title)
        tabs.currentChanged.connect(lambda _: self._show_front())
        return tabs

    @property
    def docks(self) -> dict[str, QDockWidget]:
        """The places of the panes, by name, where there is room for docks."""
        return self.places.docks

    def _fill_menus(self) -> None:
        menus = self.commands.menus
        menus["recent*"].aboutToShow.connect(self._fill_recent)
        menus["samples*"].aboutToShow.connect(self._fill_samples)
        group = QActionGroup(self)
        for mode, text in THEMES.items():
            action = menus["theme*"].addAction(text)
            action.setCheckable(True)
            action.setChecked(mode == theme().mode)
            action.triggered.connect(lambda _, mode=mode: self.choose_theme(mode))
            group.addAction(action)
        for action in self.places.toggles.values():
            menus["panes*"].addAction(action)

    def _show_smooth(self, on: bool) -> None:
        preferences().setValue(SMOOTH_LINES, on)
        self.stage.canvas.show_smooth(on)
        self.inside.map.piece.update()

    def _fill_recent(self) -> None:
        menu = self.commands.menus["recent*"]
        menu.clear()
        for path in self.workbench.recent():
            action = menu.addAction(path.stem)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _, path=path: self.open(path))
        if menu.isEmpty():
            menu.addAction("No projects yet").setEnabled(False)
        else:
            menu.addSeparator()
            menu.addAction("&Forget These").triggered.connect(lambda: self.workbench.forget_recent())

    def _fill_samples(self) -> None:
        menu = self.commands.menus["samples*"]
        menu.clear()
        for name in self.workbench.samples():
            action = menu.addAction(name.capitalize())
            action.triggered.connect(lambda _, name=name: self.open_sample(name))

    def _connect(self) -> None:
        bench = self.workbench
        bench.project_changed.connect(self._show_project)
        bench.materials_changed.connect(self._show_title)
        bench.message.connect(self.status.say)
        bench.job_changed.connect(self._show_rescued)
        bench.job_changed.connect(self._show_left_behind)
        bench.job_changed.connect(self._show_imported)
        bench.materials_changed.connect(lambda: self.training.prefer(self.front.kind))
        self.audio.recipe = self._speech_recipe
        bench.failed.connect(lambda sentence, details="": self.stage.banner.tell(sentence, details))
        bench.file_changed.connect(self.stage.banner.tell)
        problems().met.connect(self.stage.banner.tell)
        for pane in (*self.panes, self.training, self.generation, self.inside, self.compare):
            pane.said.connect(self.status.say)
        for pane in self.panes:
            pane.selection_changed.connect(self._show_selection)
        canvas, finishing = self.trajectories.canvas, self.generation.finishing
        canvas.changed.connect(lambda: self.generation.know_canvas(canvas.drawing))
        canvas.hairs.source = self.generation.futures
        finishing.uses_canvas.connect(canvas.wait)
        finishing.taken.connect(canvas.take)
        self.audio.wants_front.connect(lambda: self.bring_to_front(self.audio))
        self.audio.missing.connect(self._offer_devices)
        for name in SHARED:
            self.commands[name].triggered.connect(lambda *_, name=name: self.front.do(name))
        self.status.problems.connect(self.stage.banner.tell)
        slots: dict[str, Callable[[], object]] = {
            "new": self.new,
            "open": self._ask_and_open,
            "restore": self._ask_and_restore,
            "recover": self.recover,
            "save": self.save,
            "save-as": self.save_as,
            "import": self.import_files,
            "pattern": self.insert_pattern,
            "measure": self.measure,
            "walk": self.walk,
            "curves": self.show_curves,
            "quit": self.close,
            "reset-layout": self.reset_layout,
            "hints": self._show_hints,
            "palette": self.show_palette,
            "shortcuts": lambda: ShortcutsDialog(self.commands, self).exec(),
            "logs": self._open_logs,
            "about": self._about,
        }
        self.commands.connect(slots)
        smooth = self.commands["smooth-lines"]
        smooth.setChecked(smooth_lines())
        smooth.toggled.connect(self._show_smooth)
        self.commands["full-screen"].toggled.connect(lambda on: self.showFullScreen() if on else self.showNormal())
        self.commands.allow("logs", "" if self._logs is not None else "nothing is logged.")

    # --- layout and looks

    def _restore(self) -> None:
        stored = preferences()
        geometry, layout = stored.value("window/geometry"), stored.value("window/layout")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            room = room_on_screen(self)
            self.resize(USUAL.expandedTo(room * 0.85).boundedTo(room))
        self.places.restore(layout)

    def reset_layout(self) -> None:
        """Put all panes back to where they were at first."""
        self.places.reset()

    def showEvent(self, event: QShowEvent) -> None:
        """Share out the space once the window has its size."""
        super().showEvent(event)
        self.places.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Panes for which there is no room any more become tabs."""
        super().resizeEvent(event)
        self.places.arrange()

    def choose_theme(self, mode: Mode) -> None:
        """Show the window in this theme, now and next time."""
        theme().apply(mode)
        preferences().setValue("window/theme", mode)

    def _show_hints(self) -> None:
        panes = (self.trajectories, self.audio, self.texts, self.notes, self.training, self.stage)
        for hint in (pane.hint for pane in panes):
            if hint is not None:
                hint.bring_back()

    # --- the project

    def open_first(self, path: Path | None) -> None:
        """What is shown at the start: the given project, else the one of last time, else the sample drawings."""
        path = path or next(iter(self.workbench.recent()), None)
        if path is not None:
            self.open(path)
        if not self.workbench.is_open:
            reported(self.workbench.open_sample)()
        self._started = True
        self._offer_left_behind()

    def _offer_left_behind(self) -> None:
        """All of them, always: also where another project was open."""
        self._looking_for_left = self.workbench.look_for_left_behind().id

    def _show_left_behind(self, job: Job) -> None:
        if job.id != self._looking_for_left or not job.finished or not job.result:
            return
        count = len(job.result)
        sentence = (
            "The studio ended without saving an untitled project; nothing of it is lost."
            if count == 1
            else f"The studio ended without saving {count} untitled projects; nothing of them is lost."
        )
        self.stage.banner.offer(f"{sentence} File, Recover has it later, too.", "Look", self.recover)

    def recover(self) -> None:
        """Show the untitled projects that were left behind, and open one of them."""
        dialog = RecoverDialog(self.workbench, self)
        if dialog.exec() and dialog.path is not None:
            self.open(dialog.path)
        dialog.deleteLater()

    def _show_project(self) -> None:
        self._show_title()
        if self.workbench.times_opened != self._project:
            self._project = self.workbench.times_opened
            for pane in self.panes:
                pane.forget()
            self.status.say("Ready")
        self._bring_what_there_is()
        if self.workbench.why_read_only and self.workbench.path is not None:
            path = self.workbench.path
            self.stage.banner.offer(self.workbench.why_read_only, "Try Again", lambda: self.open(path))
        else:
            self._offer_interrupted()
        self.commands.allow("save", "" if not self.workbench.read_only else "the project is read-only.")

    def _offer_interrupted(self) -> None:
        run = self.workbench.interrupted_run()
        if run is not None and not run.can_resume:
            sentence = f"The training {run.name} was interrupted before anything of it was kept."
            self.stage.banner.offer(sentence, "Train Again", reported(lambda: self._train_again(run)))
        elif run is not None:
            sentence = f"The training {run.name} was interrupted at step {run.step:,} of {run.steps:,}; it is all kept."
            self.stage.banner.offer(sentence, "Go On Training", reported(lambda: self.workbench.train(resume=run.id)))

    def _train_again(self, run: RunInfo) -> None:
        """From the beginning, by the same recipe and seed, in the place of what came to nothing."""
        self.workbench.delete_run(run.id)
        self.workbench.train(run.recipe, name=run.name, seed=run.seed)

    def _show_title(self) -> None:
        unsaved = "*" if self.workbench.unsaved else ""
        name = self.workbench.name if self.workbench.is_open else ""
        name += " (read-only)" if self.workbench.read_only else ""
        self.setWindowTitle(f"{name}{unsaved} — VRNN Studio" if name else "VRNN Studio")

    def _may_leave(self) -> bool:
        """Ask what becomes of unsaved work; False where the person wants to stay."""
        if not (self.asks and self.workbench.is_open and self.workbench.unsaved):
            return True
        return self._ask_what_becomes()

    def _may_end_training(self) -> bool:
        """Ask whether a training may end; False where the person wants to stay."""
        if not self.asks or self.workbench.training.phase == "idle":
            return True
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Training")
        box.setText("A training is running. Stop it and quit?")
        box.setInformativeText("What it has learned so far is kept; it can be gone on with in this project.")
        stop = box.addButton("Stop and Quit", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        may = box.clickedButton() is stop
        box.deleteLater()
        return may

    def _ask_what_becomes(self) -> bool:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Unsaved project")
        box.setText("Keep the untitled project?")
        box.setInformativeText("What is in it and what was trained are lost when it is discarded.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = box.exec()
        box.deleteLater()
        if answer == buttons.Save:
            return self.save_as()
        if answer == buttons.Discard:
            self.generation.close_pens()
            self.workbench.discard()
        return answer == buttons.Discard

    @contextmanager
    def _pens_away(self) -> Iterator[None]:
        """Nothing is drawn while another project is opened; where that fails, it goes on with the one there is."""
        self.generation.close_pens()
        try:
            yield
        except StudioError:
            self.generation.renew()
            raise

    @reported
    def new(self) -> None:
        """Start an empty project."""
        if self._may_leave():
            with self._pens_away():
                self.workbench.new()

    @reported
    def open(self, path: Path) -> None:
        """Open a project."""
        if self._may_leave():
            self._open_or_stay(path)

    def _open_or_stay(self, path: Path) -> None:
        try:
            with self._pens_away():
                self.workbench.open(path)
        except DamagedProject as error:
            damaged = error.path
            self.stage.banner.offer(str(error), "Rescue What Can Be Read", lambda: self._rescue(damaged))
        finally:
            if not self.workbench.is_open and self._started:
                self.workbench.new()

    @reported
    def _rescue(self, path: Path) -> None:
        self._rescuing = self.workbench.rescue(path).id

    def _show_rescued(self, job: Job) -> None:
        if job.finished and job.id == self._rescuing and not job.error:
            self.open(job.result.path)

    @reported
    def open_sample(self, name: str) -> None:
        """Open sample drawings or texts as an untitled project."""
        if self._may_leave():
            with self._pens_away():
                self.workbench.open_sample(name)

    def _ask_and_open(self) -> None:
        path = ask_for_project(self)
        if path is not None:
            self.open(path)

    def _ask_and_restore(self) -> None:
        path = ask_for_project(self, "Restore a copy")
        if path is not None and self._may_leave():
            self.restore(path)

    @reported
    def restore(self, copy: Path) -> None:
        """Put a copy in the place of the open project, and keep what was there."""
        try:
            with self._pens_away():
                restored = self.workbench.restore(copy)
        finally:
            if not self.workbench.is_open and self._started:
                self.workbench.new()
        kept = "" if restored.before is None else f"; what was there is kept as {restored.before.name}"
        self.status.say(f"{restored.path.name} is what {copy.name} holds now{kept}.")

    def save(self) -> None:
        """Name an untitled project; others are kept as they change."""
        if self.workbench.untitled:
            self.save_as()
        else:
            self.status.say(f"Everything is kept in {self.workbench.path} as you go.")

    def save_as(self) -> bool:
        """Go on in a file of another name; False where none was chosen or it cannot be written."""
        name = self.workbench.path.name if self.workbench.path else "project.vrnn"
        path = ask_where_to_save(self, "Save the project", name, PROJECT_FILES)
        if path is None:
            return False
        self._save_to(path)
        return self.workbench.path == path

    @reported
    def _save_to(self, path: Path) -> None:
        self.workbench.save_as(path)

    # --- material from elsewhere

    def import_files(self, paths: list[Path] | None = None) -> None:
        """Ask for files, beginning with these, and read them."""
        dialog = ImportDialog(self.workbench, paths or [], self)
        if dialog.exec():
            reported(dialog.begin)()
        dialog.deleteLater()

    def insert_pattern(self) -> None:
        """Ask for a pattern and add it."""
        dialog = PatternDialog(self.workbench, self)
        if dialog.exec():
            reported(dialog.insert)()
        dialog.deleteLater()

    def measure(self) -> None:
        """Show the figures of a run beside the window."""
        if self._measuring is None:
            self._measuring = MeasureDialog(self.workbench, self)
        _bring_up(self._measuring)

    def walk(self) -> None:
        """Look at what lies between the two selected pieces."""
        self.inside.walk()  # before it is seen: else one piece would be read first
        self.centre.show_view("view-inside")

    def show_curves(self) -> None:
        """Show the curves of the run that the training pane shows, large, beside the window."""
        if self._curves is None:
            self._curves = CurvesDialog(self.workbench, self)
        self._curves.choose_run(self.training.chosen_run)
        _bring_up(self._curves)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self.status.say("Drop to import drawings, recordings, texts and piano rolls, or to open a project.")

    def dropEvent(self, event: QDropEvent) -> None:
        self.take_files(local_paths(event))
        event.acceptProposedAction()

    @reported
    def take_files(self, paths: list[Path]) -> None:
        """Open a dropped project, or import what was dropped."""
        if len(paths) == 1 and paths[0].suffix == ".vrnn":
            self.open(paths[0])
        elif paths:
            self.workbench.import_paths(paths)

    @property
    def front(self) -> CollectionPane:
        """The pane of the material that the person looks at."""
        return self.panes[self.material_tabs.currentIndex()]

    def _show_front(self) -> None:
        for pane in sorted(self.panes, key=lambda pane: pane is self.front):  # the one in front has the last word
            pane.come_to_front(pane is self.front)
        self.training.prefer(self.front.kind)
        self._show_selection()

    def bring_to_front(self, pane: CollectionPane) -> None:
        """Show this kind of material."""
        self.places.bring("material")
        self.material_tabs.setCurrentWidget(pane)

    def _bring_what_there_is(self) -> None:
        """Show the pane of the material that a project has, where the one in front has nothing."""
        full = [pane for pane in self.panes if self.workbench.materials(pane.kind)]
        if full and self.front not in full:
            self.bring_to_front(full[0])

    def _show_imported(self, job: Job) -> None:
        """What came in is what one sees, where it is all of one kind."""
        if job.title == "import" and job.finished and job.result:
            kinds = {item.kind for item in self.workbench.materials() if item.id in set(job.result)}
            for pane in self.panes:
                if kinds == {pane.kind}:
                    self.bring_to_front(pane)

    def _speech_recipe(self) -> Recipe | None:
        recipe = self.training.recipe
        return recipe if recipe is not None and recipe.material == "audio" else None

    def _offer_devices(self, why: str) -> None:
        self.stage.banner.offer(why, "Look Again", self.audio.look_for_devices)

    def _show_selection(self) -> None:
        self.generation.select(self.front.collection.selected())
        self.inside.select(self.front.collection.selected())

    # --- help, and the end

    def show_palette(self) -> None:
        """Find something to do by a few letters."""
        dialog = Palette(entries_of(self), self)
        chosen = dialog.chosen if dialog.exec() else None
        dialog.deleteLater()
        if chosen is not None:
            chosen.act()

    def _open_logs(self) -> None:
        if self._logs is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._logs)))

    def _about(self) -> None:
        text = (
            f"<h3>VRNN Studio {__version__}</h3>"
            "<p>Draw sequences, train a variational recurrent network on them, and watch it go on.</p>"
            "<p>J. Chung, K. Kastner, L. Dinh, K. Goel, A. Courville, Y. Bengio (2015): "
            "<i>A Recurrent Latent Variable Model for Sequential Data</i>, "
            '<a href="https://arxiv.org/abs/1506.02216">arXiv:1506.02216</a>.</p>'
            "<p>MIT licence.</p>"
        )
        QMessageBox.about(self, "About VRNN Studio", text)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not (self._may_end_training() and self._may_leave()):
            event.ignore()
            return
        self.centre.show_view("view-samples")
        preferences().setValue("window/geometry", self.saveGeometry())
        preferences().setValue("window/layout", self.places.state())
        self._timer.stop()
        self.generation.close_pens()
        self.audio.close_down()
        self.notes.close_down()
        self.generation.close_down()
        self.inside.close_down()
        self.compare.close_down()
        self.output.close()
        if self._curves is not None:
            self._curves.close_down()
        if self.workbench.is_open:
            self.workbench.close()
        event.accept()


def _bring_up(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()


def remembered_theme() -> Mode:
    """The theme chosen in an earlier session."""
    mode = remembered_text("window/theme", "system")
    return mode if mode in get_args(Mode) else "system"  # type: ignore[return-value]
