"""How much chance a pen is given: two scales that a person can move while it draws. No torch here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variance:
    """Scales of standard deviations (not of variances proper); 1 is the model as trained.

    Attributes:
        latent: multiplies the prior's sigma; 0: z is always its mean. Also that of g, unless `whole` says otherwise.
        output: multiplies the output's sigma, and divides the log weights of a mixture and the log odds of the pen;
            0: always the mean of the most likely component. With both 0 a pen leaves nothing to chance, and a voice
            only when it ends.
        whole: multiplies the sigma of the prior of g, the latent variable of a whole piece, which is drawn before its
            first frame; 0: each is the mean of its group. None: the same as `latent`.
    """

    latent: float = 1.0
    output: float = 1.0
    whole: float | None = None

    def __post_init__(self) -> None:
        if not (self.latent >= 0 and self.output >= 0 and self.of_whole >= 0):
            raise ValueError("variances cannot be negative")

    @property
    def of_whole(self) -> float:
        """The scale of g."""
        return self.latent if self.whole is None else self.whole
