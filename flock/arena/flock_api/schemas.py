"""What FLock.io's clients send: loosely typed, and with more in it than is needed."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flock.web.fields import LARGEST_INTEGER

LONGEST = 2_000
Number = Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]
Text = Annotated[str, Field(max_length=LONGEST)]


class SubmissionData(BaseModel):
    """Where the model is; ``gpu_type`` may be whatever the client's driver complained of."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())

    hg_repo_id: Annotated[str, Field(max_length=200)]
    base_model: Text | None = None
    gpu_type: Text | None = None
    revision: Annotated[str, Field(max_length=80)] | None = None
    model_filename: Annotated[str, Field(max_length=512)] | None = None


class SubmitRequest(BaseModel):
    """``task_id`` may come as text."""

    task_id: Number
    data: SubmissionData


class UpdateRequest(BaseModel):
    """How an assignment ended; ``data`` has the score, under ``loss`` or under the metric's name."""

    status: Literal["completed", "failed"]
    data: dict[str, Any] | None = None
