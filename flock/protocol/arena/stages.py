"""Where an Arena, its windows, its members and its submissions are: the enums of IArenaBoard and IArenaPanels."""

from enum import IntEnum


class Stage(IntEnum):
    """Of a task. Submissions are taken while RUNNING, and scored until the queue is empty."""

    NONE = 0
    ENROLLING = 1
    RUNNING = 2
    DISCLOSING = 3
    FINALS = 4
    FINISHED = 5


class WindowPhase(IntEnum):
    """Of the last window. In REST it is judged and settled; once OVER, the next can open."""

    NONE = 0
    SEEDED = 1
    COMMIT = 2
    REPLACE = 3
    REVEAL = 4
    REST = 5
    OVER = 6


class Queue(IntEnum):
    """What a window scores: submissions on set A, sealed ones on set A, finalists on set B."""

    OPEN = 0
    SEALED = 1
    FINAL = 2


class Role(IntEnum):
    """What an account does on a task, for good."""

    NONE = 0
    TRAINER = 1
    VALIDATOR = 2


class Standing(IntEnum):
    """Where a member is."""

    NONE = 0
    ACTIVE = 1
    RETAINED = 2
    LEFT = 3


class SubmissionState(IntEnum):
    """What is known of a submission."""

    NONE = 0
    QUEUED = 1
    HIDDEN = 2
    SCORED = 3
    FAILED = 4
    VOID = 5
    CANCELLED = 6
