"""What is said to whoever sent a request that cannot be answered."""


class Refused(Exception):
    """A request that is no question of Label Studio's; says in one sentence what is wrong with it."""
