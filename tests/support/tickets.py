"""The rows that docs/answers.md asks three things of."""

import csv
import io
import json


def tickets() -> str:
    """The rows of docs/answers.md: three answers each, of which some nobody gave."""
    made = io.StringIO()
    out = csv.writer(made)
    out.writerow(["Customer message", "Category", "Priority", "Dates"])
    for n in range(40):
        text = f"Ticket {n}: {'the invoice is wrong' if n % 2 else 'nothing works'} since Monday {n}."
        start = text.index("Monday")
        dates = json.dumps([{"label": "date_from", "start": start, "end": start + 6}]) if n % 3 else "[]"
        out.writerow([text, "Billing" if n % 2 else "Outage", n % 5 + 1 if n % 7 else "", dates])
    return made.getvalue()
