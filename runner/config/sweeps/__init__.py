"""The jobs of a sweep: which there are, ways of our own to run them, and a sweeper that searches numbers.

Hydra takes plugins only from a package ``hydra_plugins``; ours keep to this room and are entered under such a name, so
that the configuration may name these two classes and no others of goldloop's. Ray and Optuna are loaded when used.
"""

from hydra.core.plugins import Plugins

EXTRAS = {
    "joblib": "joblib",
    "processes": "joblib",
    "ray": "ray",
    "slurm": "submitit",
    "submitit_local": "submitit",
    "submitit_slurm": "submitit",
    "optuna": "optuna",
}
"""What ``hydra/launcher=`` and ``hydra/sweeper=`` offer -> the extra that brings it."""


def enter() -> None:
    """Make our plugins known to Hydra."""
    from runner.config.sweeps.optuna_sweeper import OptunaSweeper
    from runner.config.sweeps.ray_launcher import RayLauncher

    plugins = Plugins.instance()
    plugins.class_name_to_class["hydra_plugins.goldloop.OptunaSweeper"] = OptunaSweeper
    plugins.class_name_to_class["hydra_plugins.goldloop.RayLauncher"] = RayLauncher
