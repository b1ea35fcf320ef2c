#!/usr/bin/python3
"""A story's page is well-formed and whole in itself, every message and value stands in it, and the
arrows of its diagram go where the messages went.

usage: check_stories.py PROGRAM NAME
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "report"))
from check_documents import SVG, XHTML, check_html, output_of  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "compare"))
from check_pages import by_class, inner, shown  # noqa: E402


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def check_steps(root, names):
    steps = by_class(root, "step")
    text = squeezed(inner(root))
    for name in names:
        assert squeezed(shown(name)) in text, name
    return steps


def check_diagram(root, steps):
    """One arrow a message; it leaves at the sender's side, and never arrives before that."""
    figure, = by_class(root, "diagram")
    svg = next(figure.iter(SVG + "svg"))
    height = float(svg.get("height"))
    arrows = [g for g in figure.iter(SVG + "g")]
    assert len(arrows) == len(steps)
    last = 0
    for arrow, step in zip(arrows, steps):
        line, = arrow.iter(SVG + "line")
        client, server = float(line.get("y1")), float(line.get("y2"))
        assert line.get("x1") == "32%" and line.get("x2") == "68%"
        is_client = "client" in step.get("class").split()
        assert (server > client) == is_client
        assert 0 < min(client, server) and max(client, server) < height
        assert client > last
        last = client


def main(program, name):
    pages = [p for p in output_of([program, "html", name]).split("\0") if p]
    # Each story of a connection gives a part; those that are not told in full are empty.
    lists = [n for n in output_of([program, "names", name]).split("\0") if n]
    assert len(lists) <= len(pages) and pages
    if not lists:
        lists = [""] * len(pages)
    for page, names in zip(pages, lists):
        root = check_html(page)
        assert inner(next(root.iter(XHTML + "h1"))) == 'A <test> & "more"'
        steps = check_steps(root, [bytes.fromhex(n) for n in names.split()])
        check_diagram(root, steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
