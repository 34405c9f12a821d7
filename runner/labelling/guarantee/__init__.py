"""The part of the labels that can be trusted, and the rest for people."""
