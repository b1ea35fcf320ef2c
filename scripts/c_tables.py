"""Reads the const tables of C sources as Python sees them: rows of fields, macros expanded."""
import pathlib
import re

root = pathlib.Path(__file__).resolve().parent.parent
TOKEN = re.compile(r"""\s+|//[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|\w+|[^\w\s]""", re.S)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^()]*\))?[ \t]*(.*)$", re.M)
ENUM = re.compile(r"\b([A-Z][A-Z0-9_]+) = ([^,}\n]+)")
LIMITS = {"UINT16_MAX": 2**16 - 1, "INT32_MAX": 2**31 - 1, "INT64_MAX": 2**63 - 1, "SIZE_MAX": 2**64 - 1}


def read(path):
    return (root / path).read_text().replace("\\\n", " ")


def tokens(text):
    return [t for t in TOKEN.findall(text) if not t[0].isspace() and t[:2] not in ("//", "/*")]


def macros(*paths):
    """{name: (parameters or None, tokens of the body)} of all that these files define."""
    return {name: (tokens(parameters)[1:-1:2] if parameters else None, tokens(body))
            for path in paths for name, parameters, body in DEFINE.findall(read(path))}


def closing(words, start):
    """The index of what closes the bracket at `start`."""
    depth = 0
    for i in range(start, len(words)):
        depth += (words[i] in "({[") - (words[i] in ")}]")
        if depth == 0:
            return i
    raise ValueError("a bracket is not closed")


def split(words):
    """At its commas; those within brackets part nothing."""
    parts, start, i = [], 0, 0
    while i < len(words):
        if words[i] in ("(", "{", "["):
            i = closing(words, i)
        elif words[i] == ",":
            parts.append(words[start:i])
            start = i + 1
        i += 1
    return [part for part in parts + [words[start:]] if part]


def expand(words, known):
    """What the preprocessor makes of it, as far as tables need it: arguments that are macros' names are
    called, and ## joins."""
    out, i = [], 0
    while i < len(words):
        parameters, body = known.get(words[i], (None, None))
        if body is None or (parameters is not None and words[i + 1:i + 2] != ["("]):
            out.append(words[i])
            i += 1
            continue
        arguments, end = {}, i
        if parameters is not None:
            end = closing(words, i + 1)
            arguments = dict(zip(parameters, split(words[i + 2:end])))
        inner = []
        for word in body:
            inner += arguments.get(word, [word])
        while "#" in inner:
            at = inner.index("#")
            inner[at - 1:at + 3] = [inner[at - 1] + inner[at + 2]]
        out += expand(inner, known)
        i = end + 1
    return out


def value(words):
    if words[0] == "{":
        items = split(words[1:-1])
        if all(item[0] == "." for item in items):
            return {item[1]: value(item[3:]) for item in items}
        return [value(item) for item in items]
    if all(word[0] == '"' for word in words):
        return "".join(re.sub(r"\\(.)", r"\1", word[1:-1]) for word in words)
    return " ".join(words)


def tables(path, *headers):
    """{name: rows, or the fields of a struct} of the file's const data; the headers have its macros."""
    known = {name: macro for name, macro in macros(*headers, path).items()
             if macro[0] is not None or macro[1][:1] == ["{"]}
    source = re.sub(r"^[ \t]*#.*$", "", read(path), flags=re.M)
    words = tokens(source)
    found, i = {}, 0
    while i < len(words):
        if words[i] == "=" and words[i + 1] == "{":
            name = words[i - 3] if words[i - 1] == "]" else words[i - 1]
            end = closing(words, i + 1)
            found[name] = value(expand(words[i + 1:end + 1], known))
            i = end
        elif words[i] in ("{", "("):
            i = closing(words, i)
        i += 1
    return found


def constants(*paths):
    """{name: expression} of the files' macros and enumerators."""
    found = {}
    for path in paths:
        found |= {name: " ".join(body) for name, (parameters, body) in macros(path).items()
                  if parameters is None}
        found |= dict(ENUM.findall(read(path)))
    return found


def number(expression, known):
    """The value of a constant expression."""
    def resolve(match):
        name = match.group()
        return str(LIMITS[name] if name in LIMITS else number(known[name], known))
    plain = re.sub(r"INT64_C\s*\(\s*(\d+)\s*\)", r"\1", expression)
    plain = re.sub(r"\b[A-Za-z_]\w*\b", resolve, plain)
    assert re.fullmatch(r"[\d.e+\-*/()<\s]+", plain), expression
    return eval(plain)  # digits and operators alone
