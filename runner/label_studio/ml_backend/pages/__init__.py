"""Pages for people: what each project is served with, how its training goes, and what came of it."""
