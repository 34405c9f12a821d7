"""From words and YAML to an experiment: parse, compose, validate, dry run, build. Only here and in cli: Hydra."""
