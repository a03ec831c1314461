"""The generation pane: what is drawn, said, written or played, and from which beginning; and its export."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer, Signal

from studio.errors import StudioError
from studio.sequences.material import Drawing
from studio.sequences.materials import Kind, Material, kind_of
from studio.sequences.recording import Recording
from studio.sequences.roll import Roll
from studio.sequences.text import Text, tidied
from studio.ui.actions import Actions, within_sentence
from studio.ui.audio.comparison import Comparison
from studio.ui.audio.output import SoundOutput
from studio.ui.beginnings import first_part, first_sentence
from studio.ui.canvas import PacedCanvas
from studio.ui.file_dialogs import ask_where_to_save
from studio.ui.finishing import Finishing, Unfinished
from studio.ui.generated_kinds import ENDINGS, KINDS
from studio.ui.generation_canvas import FRAMES_PER_SECOND
from studio.ui.generation_controls import GenerationControls
from studio.ui.hairs import SECONDS
from studio.ui.preferences import preferences, remembered, smooth_lines
from studio.ui.problems import problems, reported
from studio.ui.reading import Reader
from studio.ui.stage import Stage
from studio.ui.theme import theme
from studio.ui.widgets import offer, timer
from studio.workbench import (
    Alive,
    Futures,
    GenerationSettings,
    LivePens,
    LiveRoll,
    LiveText,
    LiveVoice,
    MaterialItem,
    Workbench,
)

WAIT_FOR_PROMPT = 600  # milliseconds after the last key
HOLD_SECONDS = 1.2  # that finished drawings are looked at before the next ones
WAIT_FOR_SLIDER = 250  # milliseconds after which finished drawings are drawn anew with other variances


class GenerationPane(GenerationControls):
    """Everything about generating; `stage` shows it."""

    said = Signal(str)

    def __init__(self, workbench: Workbench, actions: Actions, stage: Stage, output: SoundOutput) -> None:
        super().__init__(actions, workbench)
        self._workbench = workbench
        self._stage = stage
        self._live: Alive | None = None  # what draws, speaks, writes or plays
        self._live_run: int | None = None
        self._comparison = Comparison(output, self)
        self._newer_weights = False
        self._when_finished: Callable[[], None] | None = None  # what waits for the end of what is drawn
        self._stands_still = False  # while somebody chooses where it is written
        self._told_newest = ""
        self._remarked: LivePens | None = None
        self._project = workbench.times_opened
        self._asked_length: tuple[int | None, float | None] = (None, None)
        self._speak_next = False
        self._begin: Material | None = None
        self._ends: tuple[Drawing, Drawing] | None = None
        self._selected: list[MaterialItem] = []
        self._reader = Reader(self)
        self.finishing = Finishing(workbench, stage.canvas, self)
        self._hold = timer(self, int(HOLD_SECONDS * 1000), self._next_round, once=True)
        self._redraw = timer(self, WAIT_FOR_SLIDER, self._draw_again, once=True)
        self._prompted = timer(self, WAIT_FOR_PROMPT, self.renew, once=True)
        self._connect()
        self._show_controls()
        self._show_labels(())
        self.show_runs()

    def _connect(self) -> None:
        bench = self._workbench
        bench.runs_changed.connect(self.show_runs)
        bench.weights_changed.connect(self._take_weights)
        for changed in (bench.latent_share_changed, bench.ready_changed):
            changed.connect(lambda *_: self._show_latent_share())
        bench.training_changed.connect(lambda _: self._show_empty())
        bench.materials_changed.connect(self._show_empty)
        bench.project_changed.connect(self._take_project)
        for canvas in (self._stage.canvas, *self._stage.sounds, self._stage.text):
            canvas.finished.connect(self._round_over)
            canvas.failed.connect(self._give_up)
        self._stage.canvas.advanced.connect(self._show_progress)
        self._stage.text.advanced.connect(self._tell_unknown)
        self._stage.canvas.held.connect(self._hold_pens)
        self._stage.canvas.chosen.connect(self._take_way)
        self.finishing.said.connect(self.said)
        self.finishing.changed.connect(self._go_on_from)
        for sheet in self._stage.sounds:
            sheet.interrupted.connect(lambda: self._play(False))
        self._comparison.told.connect(self._stage.compared.setText)
        slots: dict[str, Callable[[], None]] = {
            "play": self._toggle_playing,
            "restart": self.restart,
            "dice": self._roll,
            "reset-variance": self._reset_variance,
            "begin": self._begin_with_selected,
            "between": self._go_between,
            "finish": self._finish,
            "begin-nothing": self._begin_with_nothing,
            "collect": self._collect,
            "compare": self._compare,
            "copy-text": self._copy_text,
            "export-samples": lambda: self._export(self._words.endings[0]),
            **{f"export-{ending}": partial(self._export, ending) for ending in ENDINGS},
        }
        self._actions.connect(slots)
        self._actions["hairs"].setChecked(remembered("drawing/hairs", True))
        self._actions["hairs"].toggled.connect(lambda on: preferences().setValue("drawing/hairs", on))
        self._stage.canvas.hairs.source = self.futures
        self._actions["loop"].setChecked(remembered("generation/loop", True))
        self._actions["loop"].toggled.connect(self._set_loop)
        self.latent.moved.connect(self._vary_both)
        self.split.moved.connect(self._vary)
        self.output.moved.connect(self._vary)
        self.share.moved.connect(self._change_share)
        self.seed.valueChanged.connect(lambda _: self.restart())
        self.length.editingFinished.connect(self._change_length)
        self.seconds.editingFinished.connect(self._change_length)
        self.say.activated.connect(lambda _: self._say())
        self.counts.idClicked.connect(self._set_count)
        self.runs.activated.connect(lambda _: self.renew())
        self.weights.activated.connect(lambda _: self.renew())
        self.prompt.textChanged.connect(self._prompted.start)
        theme().changed.connect(self._show_beginning)
        self._change_share(self.share.number)
        self._show_beginning()
        self.select([])

    # --- settings

    def settings(self) -> GenerationSettings:
        """What the pane asks for."""
        return GenerationSettings(
            count=self.finishing.ways or self.count,
            length=(self.length.value() or None) if not self._words.heard else None,
            seconds=(self.seconds.value() or None) if self._words.heard else None,
            label=self.say.currentData() or "",
            seed=self.seed.value(),
            latent_variance=self.latent.number,
            whole_variance=self.split.whole if self._split else None,
            step_variance=self.split.step if self._split else None,
            output_variance=self.output.number,
            begin=self._beginning_part() if self._between_part() is None else None,
            run=self.runs.currentData(),
            between=self._between_part(),
            weights=self.weights.weights,
        )

    def _beginning_part(self) -> Material | None:
        """What is begun with, where the model can make anything of it."""
        if self._kind == "text":
            prompt = tidied(self.prompt.toPlainText())
            return Text(prompt) if prompt else None
        begin = self._begin if self._unfinished is None else self._unfinished.drawing
        if begin is None or kind_of(begin) != self._kind:
            return None
        if self._workbench.why_not_begin(self.runs.currentData()):
            return None
        return first_part(begin, self.share.number) if self._unfinished is None else begin

    @property
    def _unfinished(self) -> Unfinished | None:
        return self.finishing.unfinished

    def _between_part(self) -> tuple[Drawing, Drawing] | None:
        """From which drawing to which, where the model knows a way."""
        if self._ends is None or self._workbench.why_not_between(self.runs.currentData()):
            return None
        return self._ends

    def select(self, items: list[MaterialItem]) -> None:
        """These pieces of the collection are selected: the first can be begun with, or compared with."""
        self._selected = items
        self._allow_beginning()

    def _allow_beginning(self) -> None:
        noun, run = self._words.look.noun, self.runs.currentData()
        fits = bool(self._selected) and self._selected[0].kind == self._kind
        cannot = within_sentence(self._workbench.why_not_begin(run))
        self._actions.allow("begin", cannot or ("" if fits else f"select a {noun} in the collection first."))
        self._actions.allow("finish", cannot or self._why_not_finish())
        drawings = [item for item in self._selected if item.kind == "pen"]
        none = "" if len(drawings) == 2 else "select two drawings in the collection first."
        no_way = self._workbench.why_not_between(run)
        self._actions.allow("between", within_sentence(no_way) or none)
        self._between_button.setVisible(not no_way)

    def _why_not_finish(self) -> str:
        if why := self._workbench.why_not_generate(self.runs.currentData()):
            return within_sentence(why)
        if self._kind != "pen":
            return "choose a model that draws."
        return self.finishing.why_not(self._selected)

    def know_canvas(self, drawing: Drawing | None) -> None:
        """This is on the canvas where the person draws; it can be finished."""
        self.finishing.know(drawing)
        self._allow_beginning()

    def futures(self) -> Futures | None:
        """Where a person's pen may go; None where no model can say, or nobody wants to know."""
        run = self.runs.currentData()
        if not self._actions["hairs"].isChecked() or self._workbench.why_not_foresee(run):
            return None
        with suppress(StudioError):  # which the pane says where the model draws
            return self._workbench.futures(self.settings(), round(SECONDS * FRAMES_PER_SECOND))
        return None

    # --- what is alive

    def _take_project(self) -> None:
        """What another project is drawn from does not begin with what was chosen in the one before."""
        if self._workbench.times_opened != self._project:
            self._project = self._workbench.times_opened
            self._forget_beginning()
            with QSignalBlocker(self.prompt):
                self.prompt.clear()
            self.say.setCurrentIndex(0)
            self._told_newest = ""
            self._show_beginning()
        self.renew()

    def _show_kind(self) -> None:
        """Show the controls of what the chosen run makes, and what it can be asked for."""
        run = self.runs.currentData()
        self._kind = self._workbench.kind_of(run)
        self.weights.refresh()
        self._show_controls()
        self._show_beginning()
        self._stage.show_kind(self._kind)
        self._show_labels(self._workbench.labels_of(run))
        self._take_preset(self._workbench.preset_of(run))
        self._show_latent_share()
        self._allow_beginning()

    def _show_latent_share(self) -> None:
        """Whether the latent variance moves anything: as far as it is known, and else it is soon."""
        run, weights = self.runs.currentData(), self.weights.weights
        why = self._workbench.why_latent_does_nothing
        self._show_latent(why(run, weights))
        self._show_split(self._workbench.has_whole(run), why(run, weights, "whole"), why(run, weights, "step"))
        if self._workbench.ready:
            self._workbench.measure_latent_share(run, weights)

    @reported
    def renew(self) -> None:
        """Draw with other settings, from the beginning."""
        speaking = any(sheet.playing for sheet in self._stage.sounds)
        self._prompted.stop()
        self._close_live()
        self._newer_weights = False
        if not self._workbench.is_open or self._workbench.why_not_generate(self.runs.currentData()):
            self._show_empty()
            return
        self._show_kind()
        settings = self.settings()
        self._asked_length = (settings.length, settings.seconds)
        self._live = self._workbench.alive(settings)
        self._live_run = self.runs.currentData() or self._usual_run()
        self._tell_newest()
        self._start(not self._words.heard or speaking or self._speak_next)
        self._speak_next = False

    def _usual_run(self) -> int | None:
        return getattr(self._workbench.newest_run(), "id", None)

    def _tell_newest(self) -> None:
        """Say so once where what is drawn is not from the newest run."""
        why = "" if self.runs.currentData() is not None else self._workbench.why_not_newest()
        if why and why != self._told_newest:
            self.said.emit(why)
        self._told_newest = why

    @reported
    def restart(self) -> None:
        """Draw from the beginning, with the seed that is shown and the newest weights."""
        if self._live is None or (self._newer_weights and self.runs.currentData() is None):
            self._speak_next = True  # a voice begins by itself only where somebody asked for it
            self.renew()
            return
        self._leave_sounds()
        self._live.restart(self.seed.value())
        self._start(True)

    def _start(self, play: bool) -> None:
        self._hold.stop()
        self._redraw.stop()
        self._when_finished = None
        self._comparison.begin_with_generated()
        if isinstance(self._live, LivePens):
            self._stage.set_length(0)
            self._start_pens(self._live)
        elif isinstance(self._live, LiveVoice | LiveRoll) and self._stage.sound is not None:
            part = self._beginning_part()
            self._stage.sound.begin(self._live, part.seconds if isinstance(part, Recording | Roll) else 0.0)
            self._stage.set_seconds(self.seconds.value() or None)
        elif isinstance(self._live, LiveText):
            self._stage.text.start(self._live)
        self._play(play)
        self._allow()

    def _start_pens(self, pens: LivePens) -> None:
        part = self._unfinished if self._beginning_part() is not None and not pens.in_a_row else None
        if part is None:
            self._stage.canvas.start(pens)
        else:
            self._stage.canvas.start(pens, part.drawing, ways=part.ways > 0, stay=part.stays)
        cannot = self._workbench.why_not_begin(self.runs.currentData())
        self._stage.canvas.lend(not cannot and not pens.in_a_row)

    def _leave_sounds(self) -> None:
        for sheet in self._stage.sounds:
            sheet.leave()

    def _close_live(self) -> None:
        self._hold.stop()
        self._when_finished = None
        self._leave_sounds()
        if self._live is not None:
            self._live.close()
        self._live = self._live_run = None

    def close_pens(self) -> None:
        """Stop drawing and speaking, before the project is closed."""
        self._close_live()
        self._show_empty()

    def close_down(self) -> None:
        """End threads, before the window goes."""
        self._comparison.close_down()
        for sheet in self._stage.sounds:
            sheet.close_down()

    def _show_empty(self) -> None:
        if self._live is not None:
            return
        canvas = self._stage.shown
        if self._workbench.training.phase in ("training", "preparing"):
            canvas.show_empty("train", "Training has begun", "The first samples appear here in a moment.")
        elif self._workbench.is_open and not self._workbench.materials():
            canvas.show_empty(
                "pen", "Draw, record or write something first", "Then train a model, and its samples appear here."
            )
        else:
            found = [kind for kind in KINDS if self._workbench.is_open and self._workbench.materials(kind)]
            first: Kind = next(iter(found), "pen")
            canvas.show_empty("train", f"Train a model and {KINDS[first].invitation}", "Press Train, or F5.")
        self._stage.set_length(0)
        self._allow()

    def _give_up(self, why: str) -> None:
        if self._live is not None and self._live.details:
            problems().met.emit(why, self._live.details)
        self._close_live()
        self._stage.shown.show_empty("warning", f"These samples cannot be {self._words.done}", why)
        self._allow()

    def _take_weights(self, run: int) -> None:
        self._newer_weights = True
        if self._stands_still:
            return
        another = run != self._live_run and self._usual_run() in (None, run)
        if self._live is None or (self.runs.currentData() is None and another):
            self.renew()
        elif run == self._live_run:
            self._refresh()

    def _refresh(self) -> None:
        """Go on with the newest weights, where nothing that is seen breaks off."""
        if isinstance(self._live, LivePens):
            if self._live.has_field:
                self._stage.canvas.refresh()
        elif self._live is not None:
            self._live.refresh()

    def _show_progress(self, frames: int) -> None:
        if isinstance(self._live, LivePens) and self._live.ready:
            self._stage.set_length(self._live.length)
            self._tell_remark(self._live)

    def _tell_remark(self, pens: LivePens) -> None:
        """Say so once where two drawings are led between that are not drawn alike."""
        if pens.remark and pens is not self._remarked:
            self._remarked = pens
            self.said.emit(pens.remark)

    def _tell_unknown(self, count: int) -> None:
        """Say so once where a prompt has characters that the model has not learned."""
        text = self._live
        if isinstance(text, LiveText) and text.unknown and 0 < count <= text.given:
            shown = " ".join(text.unknown[:10])
            self.said.emit(f"The model has not learned {shown}: it reads an unknown character there.")

    # --- playing

    def _play(self, on: bool) -> None:
        self._stage.shown.play(on)
        what = self._words.performer
        if on:
            self._actions.retitle("play", f"&Pause the {what}", "pause", f"Hold the {what.lower()}")
        else:
            self._actions.retitle("play", "&Play", "play", f"Let the {what.lower()} go on")

    def _toggle_playing(self) -> None:
        if self._stage.shown.done:
            self.restart()
        else:
            self._play(not self._stage.shown.playing)

    def _round_over(self) -> None:
        waits, self._when_finished = self._when_finished, None
        if waits is not None:
            waits()
            if self._hold.isActive():
                return  # it has stood still, and goes on by itself
        if self._actions["loop"].isChecked() and not self.finishing.ways:
            self._hold.start()
        else:
            self._play(False)

    def _next_round(self) -> None:
        if not self._actions["loop"].isChecked() or self._live is None:
            return
        if self.new_seed.isChecked():
            self._roll()
        else:
            self.restart()

    def _set_loop(self, on: bool) -> None:
        preferences().setValue("generation/loop", on)
        if on and self._stage.shown.done:
            self._next_round()

    def _roll(self) -> None:
        seed = secrets.randbelow(10_000)
        self.seed.setValue(seed if seed != self.seed.value() else seed + 1)  # which restarts

    # --- what the person does

    def _vary_both(self, value: float) -> None:
        self.split.follow(value)
        self._vary(value)

    def _vary(self, _: float) -> None:
        if self._live is None:
            return
        if self._split:
            self._live.variance = (self.split.step, self.output.number, self.split.whole)
        else:
            self._live.variance = (self.latent.number, self.output.number)
        if not self._words.heard and self._stage.shown.done:
            self._hold.stop()
            self._redraw.start()

    def _draw_again(self) -> None:
        if not self._words.heard and self._stage.shown.done:
            self.restart()

    def _reset_variance(self) -> None:
        self.latent.reset()
        self.split.follow(self.latent.number)
        self.output.reset()
        self._vary(1.0)

    def _set_count(self, count: int) -> None:
        preferences().setValue("generation/count", count)
        for action in self._count_actions.actions():
            action.setChecked(action.data() == count)
        self.renew()

    def _change_length(self) -> None:
        settings = self.settings()
        if self._live is not None and (settings.length, settings.seconds) != self._asked_length:
            self.renew()

    def _say(self) -> None:
        self._speak_next = True
        self.renew()

    def _begin_with_selected(self) -> None:
        if self._kind == "text":
            self._reader.read(self._selected[0], self._prompt_with)
        else:
            self._reader.read(self._selected[0], self._begin_with)

    def _prompt_with(self, material: Material) -> None:
        assert isinstance(material, Text)
        self.prompt.setPlainText(first_sentence(material))
        self.renew()

    def _begin_with(self, material: Material) -> None:
        self._forget_beginning()
        self._begin = material
        self._speak_next = True
        self._show_beginning()
        self.renew()

    def _go_between(self) -> None:
        first, last = (item for item in self._selected if item.kind == "pen")
        self._reader.read(first, lambda one: self._reader.read(last, lambda other: self._draw_between(one, other)))

    def _draw_between(self, first: Material, last: Material) -> None:
        assert isinstance(first, Drawing)
        assert isinstance(last, Drawing)
        self._forget_beginning()
        self._ends = first, last
        self._show_beginning()
        self.renew()

    def _begin_with_nothing(self) -> None:
        self._forget_beginning()
        self.prompt.clear()
        self._show_beginning()
        self.renew()

    def _forget_beginning(self) -> None:
        self._begin = self._ends = None
        self.finishing.forget()

    def _finish(self) -> None:
        self._actions["view-samples"].trigger()
        self.finishing.begin(self.ways.value(), self._selected)

    def _go_on_from(self) -> None:
        """What the model goes on from is another; one begins with it, and with nothing else."""
        self._begin = self._ends = None
        self._show_beginning()
        self.renew()

    @reported
    def _take_way(self, way: int) -> None:
        if not self._finish_first(partial(self._take_way, way)):
            self.finishing.take(way)

    def _hold_pens(self, on: bool) -> None:
        """The person has the pen: nothing else moves meanwhile."""
        self._stands_still = on
        if on:
            self._hold.stop()
            self._redraw.stop()
        elif self._live is not None and self._stage.canvas.done and self._stage.canvas.playing:
            self._round_over()

    def _change_share(self, share: float) -> None:
        self._begin_share.setText(f"{share:.0%}".replace("%", " %"))
        if self._begin is not None:
            self._show_beginning()
            self._hold.stop()
            QTimer.singleShot(0, self.renew)

    def _show_beginning(self) -> None:
        part = self._beginning_part()
        begun = part is not None or self._ends is not None
        picture = begun and self._kind != "text" and self._ends is None
        self._begin_row.setVisible(picture)
        self._actions.allow("begin-nothing", "" if begun else "the model begins by itself already.")
        self._share_part.setVisible(self._unfinished is None)
        self._whole_part.setVisible(self._unfinished is not None)
        if picture and part is not None:
            self._picture_beginning(part)

    def use_run(self, run: int) -> None:
        """Draw with this run from now on."""
        self.runs.setCurrentIndex(self.runs.findData(run))
        self.renew()

    def show_runs(self) -> None:
        """Show the runs that can be drawn with; the chosen one stays chosen."""
        chosen = self.runs.currentData()
        runs = [(run.name, run.id) for run in reversed(self._workbench.runs()) if run.has_weights]
        offer(self.runs, [("newest", None), *runs])
        self.weights.refresh()
        if self._live is not None:
            self._show_latent_share()
        if self._live is None or (chosen is not None and self.runs.currentData() is None):
            self.renew()

    def _allow(self) -> None:
        none = "" if self._live is not None else "there is no trained model yet."
        exports = [f"export-{ending}" for ending in ENDINGS]
        for name in ("play", "restart", "compare", "copy-text", "export-samples", "collect", *exports):
            self._actions.allow(name, none)
        self._export_menu_button.setEnabled(not none)
        self._export_menu_button.setToolTip(f"Not now: {none}" if none else "Write what is shown to a file")

    # --- export

    def _made(self) -> list[Material]:
        """What has been generated so far."""
        return [] if self._live is None else self._live.materials()

    def _copy_text(self) -> None:
        count = self._stage.text.copy_all()
        self.said.emit(f"{count:,} characters were copied." if count else "There is nothing to copy yet.")

    def _compare(self) -> None:
        """Hear A, then B."""
        generated = next((made for made in self._made() if isinstance(made, Recording)), None)
        real = self._real(generated.label if generated is not None else "")
        if generated is None:
            self.said.emit("There is nothing to compare yet: press Play first.")
        elif real is None:
            self.said.emit("There is no recording to compare with: record or import one.")
        else:
            self._reader.read(real, partial(self._comparison.switch, generated))

    def _real(self, text: str) -> MaterialItem | None:
        """The selected recording; else one of that label; else any."""
        items = self._workbench.materials("audio")
        chosen = [item for item in self._selected if item.kind == "audio"]
        alike = [item for item in items if text and item.label == text]
        return next(iter((*chosen, *alike, *items)), None)

    def _finish_first(self, then: Callable[[], None]) -> bool:
        """Let what ends by itself come to its end, and call `then`; False where there is nothing to wait for."""
        ends = isinstance(self._live, LivePens) or (isinstance(self._live, LiveText) and self.length.value() > 0)
        shown = self._stage.shown
        if not ends or shown.done or not isinstance(shown, PacedCanvas):
            return False
        if self._when_finished is None:
            self.said.emit("What is being drawn is finished first.")
            self._when_finished = then
            shown.hurry()
        return True

    @reported
    def _collect(self) -> None:
        if self._finish_first(self._collect):
            return
        made = self._made()
        if not made:
            self.said.emit("There is nothing to collect yet: press Play first.")
            return
        several = len(made) > 1
        what = f"{len(made)} samples" if several else f"what was {self._words.done}"
        self._workbench.add_materials(made, name="generated", text=f"collect {what}")
        self.said.emit(f"{what[0].upper()}{what[1:]} {'were' if several else 'was'} put into the collection.")

    @reported
    def _export(self, ending: str) -> None:
        if self._finish_first(partial(self._export, ending)):
            return
        made = self._made()
        if not made:
            self.said.emit("There is nothing to export yet: press Play first.")
            return
        with self._standing_still():
            path = ask_where_to_save(self.window(), "Export samples", f"samples.{ending}", self._words.files)
        if path is not None:
            self.export_to(path, made)

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """What is shown stays as it is, while somebody chooses what becomes of it."""
        playing = self._stage.shown.playing and not self._stage.shown.done
        self._play(False)
        self._hold.stop()
        self._redraw.stop()
        self._stands_still = True
        try:
            yield
        finally:
            self._stands_still = False
            if playing:
                self._play(True)
            elif self._live is not None and self._stage.shown.done:
                self._round_over()

    def export_to(self, path: Path, made: list[Material]) -> None:
        """Write what was generated."""
        self._workbench.export_samples(made, path, smooth=smooth_lines())
