"""The errors of the survey room: each says what failed, where, what came and what to do."""


class SurveyError(Exception):
    """Base of every error raised by this room; `reason` is the short name used in counts."""

    reason = "survey error"


class SurveyParameterError(SurveyError, ValueError):
    """A parameter is outside what SDSS or this room accepts; nothing was asked of the server."""

    reason = "bad parameter"


class UnavailableError(SurveyError):
    """A server never gave a whole, valid answer within the allowed number of tries."""

    reason = "no whole answer after every retry"


class NotFoundError(SurveyError):
    """A server answered that it has no such thing, or will not give it: trying again is no use."""

    reason = "file not found"


class QueryError(SurveyError):
    """A server says that the query itself is wrong: trying again is no use."""

    reason = "refused query"


class CatalogueError(SurveyError):
    """The catalogue query was answered, but the answer is not usable."""

    reason = "unusable catalogue"


class FrameError(SurveyError):
    """A frame file is whole but does not hold the frame that was asked for."""

    reason = "malformed frame"


class PsfError(SurveyError):
    """A psField file is whole but its point-spread function cannot be rebuilt."""

    reason = "malformed psField"


class CentroidError(FrameError):
    """Catalogue positions do not fall on the light in the frame."""

    reason = "positions off the light"


class StampError(SurveyError):
    """One object cannot be cut out; `reason` says why and is what gets counted."""

    EDGE = "frame edge"  # the only reason that says nothing against the frame

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TooManyFailedFieldsError(SurveyError):
    """More fields failed than `max_failed_fields` allows."""

    reason = "too many failed fields"
