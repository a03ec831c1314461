"""One open project and what is running in it: what the window and the command line talk to, and nothing below it.

Everything a button does is one method of `Workbench`. No Qt: changes are announced by psygnal signals, and always on
the thread that calls `Workbench.poll` (the window does so from a timer, the command line from a loop), whatever thread
caused them. Methods that may take longer than 50 ms return a `Job` at once.
"""

from studio.generation.live import LivePens
from studio.generation.live_roll import LiveRoll
from studio.generation.live_voice import LiveVoice
from studio.project.records import MaterialItem
from studio.project.runs import Series
from studio.workbench.generation import Evaluation, GenerationPart
from studio.workbench.projects import ProjectPart
from studio.workbench.state import GenerationSettings, Job, RunInfo, TrainingState

__all__ = [
    "Evaluation",
    "GenerationSettings",
    "Job",
    "LivePens",
    "LiveRoll",
    "LiveVoice",
    "MaterialItem",
    "RunInfo",
    "Series",
    "TrainingState",
    "Workbench",
]


class Workbench(GenerationPart, ProjectPart):
    """The open project, its collection, its training and its pens; see the parts it is made of."""
