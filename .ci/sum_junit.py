"""Sums up JUnit XML as `N passed, N failed, N skipped`.

Exits with 1 unless every folder has results and no test failed.

Usage: sum_junit.py FOLDER…
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def outcomes(report: Path) -> Counter[str]:
    """Return how many test cases of a report passed, failed (errors included) and were skipped."""
    found: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (written by this build)
        tags = {child.tag for child in case}
        found["failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"] += 1
    return found


def main(folders: list[str]) -> int:
    """Print the sum over the folders; what keeps it from being a success goes to standard error."""
    total: Counter[str] = Counter()
    problems = []
    for folder in folders:
        inside: Counter[str] = Counter()
        for report in sorted(Path(folder).rglob("*.xml")):
            try:
                inside += outcomes(report)
            except ElementTree.ParseError as error:
                problems.append(f"{report}: expected JUnit XML, found what does not parse ({error})")
        if not inside:
            problems.append(
                f"{folder}: expected test results, found none: its tests did not run to their end"
            )
        total += inside
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if problems or total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
