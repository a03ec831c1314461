"""How recordings become frames: one table of settings for each representation of speech."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from studio.settings import Count, Settings, about

Milliseconds = Annotated[float, Meta(ge=2, le=100)]
Rate = Annotated[int, Meta(ge=0, le=48_000)]
Pitch = Annotated[float, Meta(ge=40, le=1000)]


class SpeechSettings(Settings, frozen=True):
    """What all of them have in common."""

    rate: Annotated[Rate, about("samples per second; 0: as most recordings have, but at most 16000")] = 0
    ends: Annotated[
        Literal["auto", "yes", "no"],
        about("whether the model learns where a recording ends; auto: yes unless they last longer than ten seconds"),
    ] = "auto"


class SourceFilterSettings(SpeechSettings, frozen=True, tag_field="kind", tag="source-filter"):
    """A voice as an envelope, a pitch and how voiced it is."""

    hop: Annotated[Milliseconds, about("time from frame to frame, in milliseconds")] = 10.0
    stack: Annotated[Count, about("neighbouring frames that make one step of the model")] = 2
    coefficients: Annotated[
        int, Meta(ge=8, le=60), about("cepstral coefficients of the envelope: more keep finer detail")
    ] = 24
    lowest_pitch: Annotated[Pitch, about("of any voice in the material, in Hz")] = 60.0
    highest_pitch: Annotated[Pitch, about("of any voice in the material, in Hz")] = 500.0


class LogMelSettings(SpeechSettings, frozen=True, tag_field="kind", tag="log-mel"):
    """A spectrogram on the mel scale; its phases are found again when it is decoded."""

    hop: Annotated[Milliseconds, about("time from frame to frame, in milliseconds")] = 10.0
    stack: Annotated[Count, about("neighbouring frames that make one step of the model")] = 2
    bands: Annotated[int, Meta(ge=16, le=256), about("frequency bands: more keep finer detail")] = 64


class RawFrameSettings(SpeechSettings, frozen=True, tag_field="kind", tag="raw"):
    """The waveform itself in pieces, as in Chung et al. 2015, section 4."""

    hop: Annotated[Milliseconds, about("length of a frame in milliseconds; 12.5 are 200 samples at 16 kHz")] = 12.5
    stack: Annotated[Count, about("neighbouring frames that make one step of the model")] = 1
    bits: Annotated[
        int, Meta(ge=8, le=24), about("of a sample; noise of one such step is added, or silence were infinitely likely")
    ] = 16


AnySpeechSettings = SourceFilterSettings | LogMelSettings | RawFrameSettings
