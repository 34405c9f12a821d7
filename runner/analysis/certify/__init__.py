"""Audits of labels from anywhere: a random sample goes to people, batch after batch, until it is settled."""
