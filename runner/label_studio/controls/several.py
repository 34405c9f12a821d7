"""Several controls at once: the fields of one answer, by the controls' names. Pure."""

from collections.abc import Sequence

from runner.label_studio.controls import Control
from verifiers.verifier import Verifier


def verifier_of(controls: Sequence[Control]) -> Verifier:
    """How answers are read and compared: one control's own way, several as fields.

    Raises:
        ValueError: a name that no field can have.
    """
    if len(controls) == 1:
        return controls[0].verifier()
    from verifiers.fields import Fields

    optional = tuple(control.name for control in controls if getattr(control, "optional", False))
    fields: Verifier = Fields({control.name: control.verifier() for control in controls}, optional=optional)
    return fields
