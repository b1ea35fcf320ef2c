#!/usr/bin/python3
"""A page or a drawing that a program prints is well-formed, whole in itself and without a script.

usage: check_documents.py PROGRAM --html|--svg [ARGUMENT…]
"""
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

try:
    import html5lib
except ImportError:
    print("skipped: python3-html5lib is not installed")
    sys.exit(77)

SVG = "{http://www.w3.org/2000/svg}"
XHTML = "{http://www.w3.org/1999/xhtml}"
# What would load, run or send something; and links, as no address in a report can be trusted.
NEVER = {"script", "iframe", "frame", "object", "embed", "applet", "link", "base", "form", "input", "button",
         "img", "image", "audio", "video", "source", "track", "a", "use", "foreignObject", "animate", "set",
         "feImage", "portal", "template", "noscript"}
ATTRIBUTES = {"class", "title", "lang", "charset", "content", "name", "http-equiv", "id", "scope", "colspan",
              "rowspan", "open", "role", "aria-hidden", "aria-label", "viewBox", "width", "height", "x", "y",
              "x1", "y1", "x2", "y2", "cx", "cy", "r", "d", "overflow", "datetime"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def parse_html(text):
    """By the HTML standard's own algorithm; its first parse error is an exception."""
    return html5lib.HTMLParser(strict=True).parse(text)


def parse_svg(text):
    return ET.fromstring(text)


def local(name):
    return name.rsplit("}", 1)[-1]


def check_tree(root):
    for element in root.iter():
        if not isinstance(element.tag, str):
            raise AssertionError("a comment or a processing instruction")
        name = local(element.tag)
        assert name not in NEVER, f"<{name}>"
        for attribute in element.attrib:
            assert local(attribute) in ATTRIBUTES, f"<{name} {attribute}>"
        if name == "style":
            css = element.text
            for word in ("url(", "@import", "@font-face", "expression", "//", "\\"):
                assert word not in css, f"{word} in the style"
            assert css.count("{") == css.count("}")


def check_html(text):
    root = parse_html(text)
    check_tree(root)
    metas = [m.attrib for m in root.iter(XHTML + "meta")]
    assert [m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy"] == [POLICY]
    assert text.index("Content-Security-Policy") < text.index("<style")
    assert len(list(root.iter(XHTML + "style"))) == 1
    assert any(m.get("name") == "viewport" for m in metas)
    headings = [int(local(e.tag)[1]) for e in root.iter() if re.fullmatch("h[1-6]", local(e.tag))]
    assert headings[0] == 1 and headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(headings, headings[1:])), headings
    return root


def check_svg(text):
    root = parse_svg(text)
    assert root.tag == SVG + "svg"
    check_tree(root)
    assert all(e.tag.startswith(SVG) for e in root.iter())
    assert root[0].tag == SVG + "title" and root[0].text
    assert root[1].tag == SVG + "desc" and root[1].text
    for element in root.iter():  # every number is one
        for key, value in element.attrib.items():
            if key in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}:
                assert re.fullmatch(r"-?\d+(\.\d+)?%?", value), f"{key}={value}"
    return root


def output_of(command):
    return subprocess.run(command, check=True, capture_output=True).stdout.decode("utf-8")


if __name__ == "__main__":
    check = {"--html": check_html, "--svg": check_svg}[sys.argv[2]]
    check(output_of(sys.argv[1:]))
