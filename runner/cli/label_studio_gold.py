"""goldloop studio gold=TAB: what people have gone through is gold."""

from collections.abc import Sequence

from runner.config.settings import StudioSettings
from runner.core.terminal import one_line


def mark(named: str | int | Sequence[int], studio: StudioSettings) -> None:
    """Mark the tasks that are named as gold, and say how many.

    Raises:
        GoldloopError: in one line. Nothing is marked then, but where the server went away in between: done again, it
        goes on.
    """
    from runner.label_studio.client import connect
    from runner.label_studio.interface_xml import read_interface
    from runner.label_studio.mark_gold import mark_gold

    with connect(studio.url, studio.token_env) as server:
        project = server.project(studio.project)
        interface = read_interface(project.label_config or "", studio.named)
        print(one_line(str(mark_gold(server, project.id, named, interface.checked))))
