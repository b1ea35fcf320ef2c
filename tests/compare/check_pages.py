#!/usr/bin/python3
"""The pages and drawings of comparisons: well-formed, whole in themselves, and every figure is the
comparison's own.

usage: check_pages.py PROGRAM NAME
"""
import json
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "report"))
from check_documents import SVG, XHTML, check_html, check_svg, local, output_of  # noqa: E402

NONE = -2**63
PARTS = ("dns", "network", "server", "client", "tail", "loss")
MEASURED = 0


def shown(data):
    """What a reader sees of any bytes: printable UTF-8, and \\xNN for everything else."""
    out, i = "", 0
    while i < len(data):
        for length in (1, 2, 3, 4):
            try:
                text = data[i:i + length].decode("utf-8")
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and is_printable(ord(text)):
                out, i = out + text, i + length
                break
        else:
            out, i = out + f"\\x{data[i]:02x}", i + 1
    return out


def is_printable(code):
    return not (code < 0x20 or 0x7f <= code < 0xa0 or code in (0x200e, 0x200f)
                or 0x2028 <= code <= 0x202e or 0x2066 <= code <= 0x2069
                or 0xfdd0 <= code <= 0xfdef or code & 0xfffe == 0xfffe)


def text_of(value):
    return shown(bytes.fromhex(value))


def ms(time):
    """Milliseconds with microsecond digits, rounded half away from zero."""
    us = (abs(time) + 500) // 1000
    return f"{'-' if time < 0 and us else ''}{us // 1000}.{us % 1000:03d}"


def close(text, value, digits):
    assert re.fullmatch(rf"-?\d+\.\d{{{digits}}}", text), text
    assert abs(float(text) - value) <= 0.500001 * 10**-digits + abs(value) * 1e-12, (text, value)


def close_ms(text, time):
    if time == NONE:
        assert text == ""
        return
    value = time / 1e6
    close(text, value, 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3)


def close_trips(text, value):
    if value == "nan":
        assert text == ""
    elif float(value) > 2**64:
        assert text == f"{2**64 - 1}.00"
    else:
        close(text, float(value), 2)


def p50(quantiles):
    return quantiles[2] if quantiles[0] else NONE


def p95(quantiles):
    return quantiles[3] if quantiles[0] else NONE


def inner(element):
    return "".join(element.itertext())


def by_class(root, name):
    return [e for e in root.iter() if isinstance(e.tag, str) and name in e.get("class", "").split()]


def cells(table):
    body = next(e for e in table.iter() if local(e.tag) == "tbody")
    return [[inner(cell) for cell in row if local(cell.tag) in ("th", "td")]
            for row in body if local(row.tag) == "tr"]


def why(row):
    state = ("measured, without a time", "not offered", "not tried")[row["state"]]
    return shown(f"{state}{': ' if row['why'] else ''}".encode() + bytes.fromhex(row["why"]))


def has_times(row):
    return row["state"] == MEASURED and (row["ready"][0] > 0 or row["response"][0] > 0)


def check_figures(root, rows):
    found = cells(by_class(root, "figures")[0])
    assert len(found) == len(rows)
    for cell, row in zip(found, rows):
        assert cell[0] == text_of(row["title"])
        if row["state"] != MEASURED:
            assert cell[1:] == [why(row)]
            continue
        for at, key, trips in ((1, "ready", 0), (4, "settings", 1), (7, "response", 2)):
            close_trips(cell[at], row["round_trips"][trips])
            check_times(cell[at + 1:at + 3], row[key])
        check_times(cell[10:12], row["cpu"])
        assert cell[12:] == [str(n) for n in row["bytes"]]


def check_times(texts, quantiles):
    assert texts == (["", ""] if not quantiles[0] else [ms(quantiles[2]), ms(quantiles[3])])


def check_agreed(root, rows):
    rows = [row for row in rows if row["state"] == MEASURED]
    found = cells(by_class(root, "agreed")[0])
    assert len(found) == len(rows)
    for cell, row in zip(found, rows):
        words = [{1: "yes", 0: "no", -1: ""}[seen] for seen in row["seen"]]
        assert cell == [text_of(row["title"]), *words, *(text_of(row[key]) for key in
                                                         ("tls", "cipher", "alpn", "url"))]


def check_accounting(root, rows):
    rows = [row for row in rows if row["state"] == MEASURED]
    found = by_class(root, "account")
    assert len(found) == len(rows)
    longest = max((r["accounting"]["total"] for r in rows if r["accounting"]["present"]), default=1)
    for element, row in zip(found, rows):
        text, a = inner(element), row["accounting"]
        assert text_of(row["sentence"]) in text
        rects = [e for e in element.iter(SVG + "rect")]
        if not a["present"]:
            assert not rects
            continue
        parts = [(name, a[name]) for name in PARTS if a[name]]
        assert sum(time for _, time in parts) == a["total"]
        line = " + ".join(f"{name} {ms(time)}" for name, time in parts)
        assert line + (" = " if parts else "") + ms(a["total"]) + " ms" in text
        assert len(rects) == len(parts)
        at = 0
        for rect, (_, time) in zip(rects, parts):
            assert abs(float(rect.get("x").rstrip("%")) - at) < 0.02
            assert abs(float(rect.get("width").rstrip("%")) - 100 * time / longest) < 0.02
            at += 100 * time / longest
        if row["left_out"][1:] != [0, 0]:
            runs, failed, other = row["left_out"]
            assert f"Of {runs} runs {failed} failed and {other} did something else" in text


def check_savings(root, savings):
    found = by_class(root, "saving")
    assert len(found) == len(savings)
    for element, saving in zip(found, savings):
        trips, time, words = list(element)
        close_trips(inner(trips).removesuffix(" round trips"), saving["round_trips"])
        close_ms(inner(time).removesuffix(" ms"), saving["time"])
        assert inner(words) == (text_of(saving["title"])
                                + ("measured" if saving["measured"] else "predicted")
                                + text_of(saving["advice"]))


def check_bars(rects, rows):
    """Lengths are in the proportion of the times. `rects`: (ready, response) of each row shown."""
    longest = max((max(p50(r["ready"]), p50(r["response"])) for r in rows), default=0)
    scale = None
    for bars, row in zip(rects, rows):
        for bar, key in zip(bars, ("ready", "response")):
            assert (bar is not None) == (row[key][0] > 0)
            if bar is not None and p50(row[key]) == longest and longest > 0:
                scale = bar / longest
    for bars, row in zip(rects, rows):
        for bar, key in zip(bars, ("ready", "response")):
            if bar is not None:
                assert abs(bar - (scale or 0) * p50(row[key])) < 0.02, (bar, row[key])


def widths(element):
    """Of the bars that are drawn in `element`: until ready, until the first response."""
    found = {}
    for rect in element.iter(SVG + "rect"):
        found[rect.get("class")] = float(rect.get("width").rstrip("%"))
    return found.get("fill blue"), found.get("fill pale")


def check_chart(root, rows):
    lines = [e for e in by_class(root, "way") if "headings" not in e.get("class")]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows):
        texts = [inner(e) for e in line if local(e.tag) != "svg"]
        assert texts[0] == text_of(row["title"])
        if not has_times(row):
            assert texts[1:] == [why(row)]
            continue
        close_trips(texts[1], row["round_trips"][0])
        close_ms(texts[2], p50(row["ready"]))
        close_ms(texts[3], p50(row["response"]))
    shown_rows = [(line, row) for line, row in zip(lines, rows) if has_times(row)]
    check_bars([widths(line) for line, _ in shown_rows], [row for _, row in shown_rows])


def check_drawing(root, rows):
    """The texts of a row stand on one base line, and its bars around it."""
    texts = {}
    for element in root.iter(SVG + "text"):
        texts.setdefault(float(element.get("y")), []).append(inner(element))
    lines = sorted((y, found) for y, found in texts.items())
    drawn = []
    for row in rows:
        y, found = next((y, f) for y, f in lines if f[0] == text_of(row["title"]) and len(f) > 1)
        if not has_times(row):
            assert found[1] == why(row) or (found[1].endswith("…")
                                            and why(row).startswith(found[1][:-1])), found
            assert len(found[1]) <= 108
            continue
        close_trips(found[1], row["round_trips"][0])
        close_ms(found[2], p50(row["ready"]))
        close_ms(found[3], p50(row["response"]))
        near = [e for e in root.iter(SVG + "rect") if y - 20 < float(e.get("y")) < y and e.get("x") == "236"]
        width = {e.get("class"): float(e.get("width")) for e in near}
        drawn.append(((width.get("fill blue"), width.get("fill pale")), row))
    check_bars([bars for bars, _ in drawn], [row for _, row in drawn])


def check_slopes(root, points):
    """Against the least squares of Python's own library."""
    found = cells(by_class(root, "slopes")[0])
    rows = [[point["rows"][way] for point in points] for way in range(len(points[0]["rows"]))]
    rows = [row for row in rows if any(r["state"] == MEASURED and r["ready"][0] for r in row)]
    assert len(found) == len(rows) > 10
    for cell, row in zip(found, rows):
        x = [p50(point["path_rtt"]) / 1e6 for point in points]
        y = [p50(r["ready"]) / 1e6 for r in row]
        line = statistics.linear_regression(x, y)
        residual = statistics.fmean((b - line.intercept - line.slope * a)**2 for a, b in zip(x, y))**0.5
        assert cell[0] == text_of(row[0]["title"])
        close(cell[1], line.slope, 2)
        close(cell[2], round(line.intercept, 6), 3)
        close(cell[3], round(residual, 6), 3)
        assert cell[4:] == [ms(p50(r["ready"])) for r in row]


def main(program, name):
    read = lambda *words: output_of([program, *words])  # noqa: E731
    figures = json.loads(read(name, "figures"))
    for series in ([], ["series"]):
        page = check_html(read(name, "html", *series))
        headings = [inner(e) for e in page.iter(XHTML + "h1")]
        assert headings == [text_of(figures["target"])]
        assert text_of(figures["vantage"]) in inner(page) and text_of(figures["address"]) in inner(page)
        if figures["path_rtt"][0]:
            assert f"{ms(p50(figures['path_rtt']))} ms" in inner(page)
        check_chart(page, figures["rows"])
        check_figures(page, figures["rows"])
        check_agreed(page, figures["rows"])
        check_accounting(page, figures["rows"])
        check_savings(page, figures["savings"])
        assert bool(by_class(page, "slopes")) == bool(series)
        if series:
            points = [json.loads(read(f"path{n}", "figures")) for n in (10, 20, 50)]
            check_slopes(page, points)
            assert [inner(e) for e in by_class(page, "report")] == ["sent on 0.002 ms late2 packets <lost>"] * 2
        check_drawing(check_svg(read(name, "svg", *series)), figures["rows"])
    check_svg(read(name, "lines", "series"))


if __name__ == "__main__":
    main(*sys.argv[1:])
