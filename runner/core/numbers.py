"""Types of configuration values with their bounds; `component` refuses what is outside them."""

from typing import Annotated

from annotated_types import Ge, Gt, Le

Count = Annotated[int, Ge(1)]
Whole = Annotated[int, Ge(0)]
Seconds = Annotated[float, Gt(0)]
Share = Annotated[float, Ge(0), Le(1)]
Temperature = Annotated[float, Ge(0)]
