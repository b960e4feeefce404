"""Computes a city's figures again from its open data alone: python3 recompute.py FOLDER FROM TO (both days within).

The folder holds datapackage.json and the files that it names. Prints a JSON object of numerators and denominators by indicator.
"""

import csv
import json
import sys
from datetime import date
from pathlib import Path

folder, first, last = Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), date.fromisoformat(sys.argv[3])
package = json.loads((folder / "datapackage.json").read_text())
read = {"date": date.fromisoformat, "integer": int, "boolean": lambda text: text == "true", "string": str}


def rows(resource):
    types = {field["name"]: read[field["type"]] for field in resource["schema"]["fields"]}
    with open(folder / resource["path"], encoding=resource["encoding"], newline="") as file:
        return [{name: types[name](text) if text else None for name, text in row.items()} for row in csv.DictReader(file)]


data = {resource["name"]: rows(resource) for resource in package["resources"]}
communities = sum(unit["level"] == "community" for unit in data["units"])


def within(day):
    return day is not None and first <= day <= last


submitted = [case for case in data["cases"] if within(case["submitted_on"])]
ids = {case["case"] for case in submitted}
decided = [case for case in data["cases"] if within(case["decided_on"])]
due = [it for it in data["resolutions"] if within(it["due_on"]) and not it["set_aside"]]
held = [it for it in data["meetings"] if within(it["day"]) and it["attended"]]
surveys = [it for it in data["surveys"] if within(it["closed_on"])]
done = {it["case"] for it in data["resolutions"] if it["done_on"] and not it["set_aside"]}
rated = {it["case"] for it in data["surveys"]}
units = {case["case"]: case["unit"] for case in data["cases"]}
community = {unit["code"] for unit in data["units"] if unit["level"] == "community"}
days = sorted(
    (case["first_decided_on"] - case["submitted_on"]).days
    for case in data["cases"]
    if within(case["first_decided_on"]) and case["submitted_on"]
)


def quantile(share):
    """The least number of days that so many of ten cases do not exceed."""
    return next((number for i, number in enumerate(days, 1) if i * 10 >= len(days) * share), 0)


def count(cases, column):
    return sum(bool(case[column]) for case in cases)


print(json.dumps({
    "meetings": [len(held), communities],
    "topics": [len(submitted), communities],
    "response_rate": [count(submitted, "accepted_on"), len(submitted)],
    "answer_rate": [sum(bool(case["answered_on"]) and not case["answered_late"] for case in submitted), len(submitted)],
    "procedural_compliance": [count(decided, "compliant"), len(decided)],
    "funnel_deliberated": [count(submitted, "minuted_on"), len(submitted)],
    "funnel_decided": [count(submitted, "decided_on"), len(submitted)],
    "funnel_carried_out": [len(ids & done), len(submitted)],
    "funnel_rated": [len(ids & rated), len(submitted)],
    "conversion_rate": [count(due, "done_on"), len(due)],
    "overdue": [count(due, "late"), len(due)],
    "satisfaction": [sum(it["sum"] for it in surveys), sum(it["ratings"] for it in surveys)],
    "cycle_time": [quantile(5), None if days else 0],
    "cycle_time_p90": [quantile(9), None if days else 0],
    "coverage": [len({units[it["case"]] for it in held} & community), communities],
}))
