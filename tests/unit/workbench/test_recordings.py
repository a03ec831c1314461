"""The collection with recordings in it."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import circle, tiny, train

from studio.errors import StudioError
from studio.files.audio import read_recording, write_recording
from studio.sequences.recording import Recording
from studio.workbench import Job, Workbench

RATE = 8000


def words(count: int, label: str = "word") -> Recording:
    """So many bursts of noise, each with silence around it."""
    silence = np.zeros(RATE // 2)
    noise = np.random.default_rng(count)
    parts = [np.concatenate([silence, 0.3 * noise.standard_normal(RATE // 4), silence]) for _ in range(count)]
    return Recording(np.concatenate(parts).astype(np.float32), RATE, label)


def sounds(bench: Workbench) -> list[Recording]:
    return [item.recording for item in bench.materials("audio")]


def test_recordings_are_added_changed_and_undone(bench: Workbench) -> None:
    id = bench.add_recording(words(1))
    assert (bench.material(id).kind, bench.material(id).name, bench.material(id).label) == ("audio", "recorded", "word")
    assert bench.undo_text == "add one recording"
    cut = bench.material(id).recording.cut(100, 500)
    bench.replace_recording(id, cut, "trim recording")
    assert len(bench.material(id).recording) == 400
    bench.undo()
    np.testing.assert_array_equal(bench.material(id).recording.samples, words(1).samples)
    bench.add_recordings([words(1)] * 3)
    assert bench.undo_text == "add 3 recordings"


def test_both_kinds_in_one_collection(bench: Workbench) -> None:
    recording, drawing = bench.add_recording(words(1)), bench.add_drawing(circle())
    assert [item.id for item in bench.materials("audio")] == [recording]
    assert [item.id for item in bench.materials("pen")] == [drawing]
    assert bench.material(recording).material is bench.material(recording).material
    bench.delete([recording])
    assert bench.undo_text == "delete one recording"
    bench.undo()
    bench.relabel([recording, drawing], "thing")
    assert bench.undo_text == "label 2 items"
    bench.delete([recording, drawing])
    assert bench.undo_text == "delete 2 items"
    bench.undo()
    for wrong, id in ((lambda id: bench.flip([id], "vertical"), recording), (bench.split_at_pauses, drawing)):
        with pytest.raises(StudioError, match="only"):
            wrong(id)


def test_a_recording_is_the_same_object_until_it_changes(bench: Workbench) -> None:
    first, second = bench.add_recordings([words(1), words(2)])
    before = bench.material(first).material
    bench.relabel([second], "other")
    assert bench.material(first).material is before
    bench.relabel([first], "other")
    assert bench.material(first).material is not before


def test_silence_is_trimmed_as_one_change(bench: Workbench) -> None:
    ids = bench.add_recordings([words(1), words(2)])
    (tight,) = bench.add_recordings([Recording(np.ones(RATE, np.float32) * 0.1, RATE)])
    job = bench.wait(bench.trim_silence([*ids, tight]))
    assert job.result == ids
    assert bench.undo_text == "trim 2 recordings"
    assert [round(recording.seconds, 1) for recording in sounds(bench)] == [0.4, 1.6, 1.0]
    bench.undo()
    assert [recording.seconds for recording in sounds(bench)] == [1.25, 2.5, 1.0]


def test_words_said_in_a_row_become_recordings_in_their_place(bench: Workbench) -> None:
    row, last = bench.add_recordings([words(3), words(1, "last")])
    ids = bench.wait(bench.split_at_pauses(row)).result
    assert [item.id for item in bench.materials()] == [*ids, last]
    assert len(ids) == 3
    assert {bench.material(id).label for id in ids} == {"word"}
    assert all(0.3 < bench.material(id).recording.seconds < 0.6 for id in ids)
    assert bench.undo_text == "split into 3 recordings"
    bench.undo()
    assert [item.id for item in bench.materials()] == [row, last]
    assert bench.wait(bench.split_at_pauses(last)).result == (last,)
    bench.redo()
    assert bench.wait(bench.split_at_pauses(last)).result == (last,)
    assert [item.id for item in bench.materials()] == [*ids, last]


def test_the_last_one_too_can_be_split(bench: Workbench) -> None:
    first, row = bench.add_recordings([words(1), words(2)])
    ids = bench.wait(bench.split_at_pauses(row)).result
    new = bench.add_recording(words(1))
    assert [item.id for item in bench.materials()] == [first, *ids, new]


def test_files_come_in_and_go_out(bench: Workbench, tmp_path: Path) -> None:
    write_recording(words(1), tmp_path / "in.wav")
    (id,) = bench.wait(bench.import_paths([tmp_path / "in.wav"], kind="audio")).result
    assert bench.undo_text == "import one recording"
    bench.wait(bench.export_materials([id], tmp_path / "out.flac"))
    np.testing.assert_array_equal(read_recording(tmp_path / "out.flac").samples, bench.material(id).recording.samples)
    paths = bench.wait(bench.export_recordings(sounds(bench) * 2, tmp_path / "folder", width="float")).result
    assert [path.name for path in paths] == ["0001.wav", "0002.wav"]
    drawing = bench.add_drawing(circle())
    with pytest.raises(StudioError, match="one kind at a time"):
        bench.wait(bench.export_materials([id, drawing], tmp_path / "both.wav"))


def test_they_are_still_there_when_the_project_is_opened_again(bench: Workbench, tmp_path: Path) -> None:
    bench.add_recording(words(2, "two"))
    bench.new(tmp_path / "q.vrnn")
    bench.open(tmp_path / "p.vrnn")
    (item,) = bench.materials()
    assert (item.kind, item.label, item.recording.rate) == ("audio", "two", RATE)
    np.testing.assert_array_equal(item.recording.samples, words(2).samples)


def test_a_training_on_drawings_takes_no_recordings(full: Workbench) -> None:
    full.add_recording(words(1))
    run = train(full, tiny(), device="cpu")
    assert full.run(run).status == "finished"
    assert full.wait(full.evaluate(run)).result.bound.items <= 6


def test_recordings_alone_are_nothing_to_learn_drawings_from(bench: Workbench) -> None:
    bench.add_recording(words(1))
    assert "nothing to learn from" in bench.why_not_train("pens")


def test_another_label_leaves_the_content_as_it_is(bench: Workbench) -> None:
    id = bench.add_recording(words(1))
    before = bench.material(id)
    bench.relabel([id], "other")
    after = bench.material(id)
    assert (after.content, after.recording.label) == (before.content, "other")
    assert after.recording.samples is before.recording.samples
    bench.replace_recording(id, words(2))
    assert bench.material(id).content != before.content


def test_shipped_recordings_are_imported_into_the_open_project(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.workbench.collection.sample_data", lambda *path: tmp_path.joinpath(*path))
    assert not bench.has_sample_speech
    (tmp_path / "speech").mkdir()
    for number in range(2):
        write_recording(words(1), tmp_path / "speech" / f"seven_amy_{number}.wav")
    assert bench.has_sample_speech
    bench.wait(bench.import_sample_speech())
    assert len(sounds(bench)) == 2
    assert bench.undo_text == "import 2 recordings"


def test_an_import_holds_few_recordings_at_a_time(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are to be written next, a few megabytes, however many there are: ten hours are 2.3 GB."""
    folder = tmp_path / "hours"
    folder.mkdir()
    sound = Recording(np.random.default_rng(1).integers(-999, 999, 300_000) / np.float32(2**15), RATE)
    for number in range(30):
        write_recording(sound, folder / f"{number:02}.wav")
    read, alive = [], []

    def watched(*arguments: Any, **options: Any) -> Recording:
        alive.append(sum(sound() is not None for sound in read))
        found = read_recording(*arguments, **options)
        read.append(weakref.ref(found.samples))
        return found

    monkeypatch.setattr("studio.files.audio.read_recording", watched)
    job = bench.wait(bench.import_paths([folder]))
    assert len(alive) == 30
    assert max(alive) <= 4, "of 300,000 samples four are more than a million"
    assert len(job.result) == 30
    assert bench.undo_text == "import 30 recordings"
    np.testing.assert_array_equal(bench.material(job.result[17]).recording.samples, sound.samples)


def test_an_import_that_is_cancelled_leaves_nothing(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.project.collection._AT_ONCE", 1000)
    for number in range(5):
        write_recording(words(1), tmp_path / f"{number}.wav")
    bench.add_recording(words(1))
    bench.undo()
    jobs: list[Job] = []

    def cancelling(*arguments: Any, **options: Any) -> Recording:
        jobs.append(bench.jobs()[0])
        if len(jobs) == 4:
            bench.cancel(jobs[0].id)
        return read_recording(*arguments, **options)

    monkeypatch.setattr("studio.files.audio.read_recording", cancelling)
    assert bench.wait(bench.import_paths([tmp_path], kind="audio")).cancelled
    assert len(jobs) == 4
    assert bench.materials() == ()
    assert (bench.undo_text, bench.redo_text) == ("", "add one recording")
