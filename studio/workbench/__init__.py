"""One open project and what is running in it: what the window and the command line talk to, and nothing below it.

Everything a button does is one method of `Workbench`. No Qt: changes are announced by psygnal signals, and always on
the thread that calls `Workbench.poll` (the window does so from a timer, the command line from a loop), whatever thread
caused them. Methods that may take longer than 50 ms return a `Job` at once.
"""

from studio.generation.alive import Alive
from studio.generation.futures import Futures
from studio.generation.live import LivePens
from studio.generation.live_point import LivePoint
from studio.generation.live_roll import LiveRoll
from studio.generation.live_text import LiveText
from studio.generation.live_voice import LiveVoice
from studio.project.records import MaterialItem, readable
from studio.project.runs import Series
from studio.workbench.comparing import ComparingPart
from studio.workbench.comparison import Comparison, Row
from studio.workbench.generation import Evaluation
from studio.workbench.latent import LatentPart
from studio.workbench.look import QUANTITIES, Look, Looking
from studio.workbench.mapping import MappingPart
from studio.workbench.projects import ProjectPart
from studio.workbench.state import GenerationSettings, Job, LeftBehind, RunInfo, TrainingState, Weights
from studio.workbench.transitions import FoundTransitions, TransitionsPart
from studio.workbench.whole_map import Mapped

__all__ = [
    "QUANTITIES",
    "Alive",
    "Comparison",
    "Evaluation",
    "FoundTransitions",
    "Futures",
    "GenerationSettings",
    "Job",
    "LeftBehind",
    "LivePens",
    "LivePoint",
    "LiveRoll",
    "LiveText",
    "LiveVoice",
    "Look",
    "Looking",
    "Mapped",
    "MaterialItem",
    "Row",
    "RunInfo",
    "Series",
    "TrainingState",
    "Weights",
    "Workbench",
    "readable",
]


class Workbench(ComparingPart, MappingPart, LatentPart, TransitionsPart, ProjectPart):
    """The open project, its collection, its training and its pens; see the parts it is made of."""
