"""Text as man(7) has it: what would be taken for a request or for another character is escaped."""
import re
import textwrap

WIDTH = 76
ESCAPES = (("\\", "\\e"), ("'", "\\(aq"), ("`", "\\(ga"), ('"', "\\(dq"), ("^", "\\(ha"), ("~", "\\(ti"))


def escape(text):
    """Characters that roff or a terminal would take for something else."""
    text = text.replace("…", "...")
    assert text.isascii(), f"no way to write this in a man page: {text!r}"
    for plain, written in ESCAPES:
        text = text.replace(plain, written)
    return text


def literal(text):
    """To be copied and typed: each hyphen is a minus."""
    return escape(text).replace("-", "\\-")


def bold(text):
    return f"\\fB{literal(text)}\\fR"


def italic(text):
    return f"\\fI{literal(text)}\\fR"


def page_name(command):
    return "-".join(["handshake", *command.split()]) if command != "handshake" else command


def reference(name):
    title, section = re.fullmatch(r"([\w.-]+)\((\w+)\)", name).groups()
    return f"{bold(title)}({section})"


def prose(text, arguments=()):
    """A sentence of the tables: options, variables and pages bold, the option's argument italic."""
    words = "|".join(re.escape(word) for word in arguments) or r"(?!)"
    mark = re.compile(rf"(?P<command>`handshake \w+`|\bhandshake (?:probe|compare)\b)|`(?P<code>[^`]+)`"
                      rf"|(?P<page>[\w.-]+\(\d\w*\))|(?P<option>(?<![\w./-])--?[A-Za-z0-9](?:[\w.-]*\w)?)"
                      rf"|(?P<variable>\$[A-Z_]+(?:/[\w./-]*\w)?)"
                      rf"|(?P<path>(?<![\w:/])(?:~|\.)?/[\w./-]*\w)|(?P<argument>(?<![\w-])(?:{words})(?![\w-]))")
    out, at = "", 0
    for found in mark.finditer(text):
        out += escape(text[at:found.start()])
        kind, word = found.lastgroup, found.group(found.lastgroup)
        if kind == "page":
            out += reference(word)
        elif kind == "command":
            out += reference(page_name(word.strip("`").split(" ", 1)[1]) + "(1)")
        elif kind == "argument":
            out += italic(word)
        else:
            out += bold(word)
        at = found.end()
    return out + escape(text[at:])


def lines(text):
    """Each sentence on lines of its own, none of which begins as a request does."""
    out = []
    for sentence in re.split(r"(?<=[\w)][.:]) (?=[A-Z\\])", text):
        out += textwrap.wrap(sentence, WIDTH, break_long_words=False, break_on_hyphens=False)
    return ["\\&" + line if line[0] in ".'" else line for line in out]


def paragraph(text, arguments=()):
    return lines(prose(text, arguments))


def sentence(text):
    """A text of a table as a sentence: a default is one of its own."""
    text, default = re.fullmatch(r"(.*?)(?: \(default: (.*)\))?", text).groups()
    if text.split(" ", 1)[0].isalpha():
        text = text[0].upper() + text[1:]
    if default and " " not in default:
        default = f"`{default}`"
    return text + ("" if text.endswith(".") else ".") + (f" Default: {default}." if default else "")


def tagged(tag, body):
    return [".TP", tag, *body]


def shown(what, shell):
    """What is typed, below what it is for."""
    return [".PP", *paragraph(sentence(what).rstrip(".") + ":"),
            ".PP", ".in +4n", ".nf", *map(bold, shell), ".fi", ".in"]
