"""The man pages (man(7)), from the commands' own tables. What no table has, the environment, the files
and where to read on, stands here."""
import datetime
import re

import c_tables as c
from roff import bold, escape, italic, lines, literal, page_name, paragraph, prose, reference, sentence, shown, tagged

COMMANDS = "src/cli"
HEADERS = ["src/cli/command.h", "src/cli/shared_options.h", "src/cli/compare.h", "include/handshake/serve.h"]
# Options that stand in a file of their own.
ELSEWHERE = {"hs_probe_option_table": "probe_options.c", "hs_read_option_table": "read_options.c"}
NUMBERS = [*HEADERS, "include/handshake/time.h", "include/handshake/compare.h", "src/lab/synflood/flood.h",
           "src/lab/synflood/synflood.h"]
HEAD = '.\\" scripts/make_docs writes this from the tables of src/: change those.\n'

CONNECTS = ["probe", "compare"]
MAKES = ["explain", "lab compare", "lab failures"]
# name, what it does, and of which commands
ENVIRONMENT = [
    ("SSLKEYLOGFILE", "The TLS secrets of each connection are appended to this file, for other programs that "
     "decrypt, unless --keylog names another.", ["probe"]),
    ("SSLKEYLOGFILE", "The TLS secrets of each connection are appended to this file, for other programs that "
     "decrypt.", ["compare", *MAKES]),
    ("SSLKEYLOGFILE", "A file with TLS secrets to decrypt with, unless --keylog names another. It need not "
     "exist.", ["read"]),
    ("SSL_CERT_FILE", "File of trusted roots in place of the system's.", CONNECTS),
    ("SSL_CERT_DIR", "Folder of trusted roots, by the hashes of their names, in place of the system's.", CONNECTS),
    ("NO_COLOR", "If set and not empty, nothing is coloured. Colour is for terminals alone, and for those whose "
     "$TERM is not dumb.", ["probe", "compare", "audit", "read", "lab synflood", *MAKES]),
    ("TERM", "The kind of terminal: where it is not set, or dumb, nothing is coloured.",
     ["probe", "compare", "audit", "read", "lab synflood", *MAKES]),
    ("XDG_STATE_HOME", "The folder in which handshake is the folder of state (see FILES), if it is an absolute path.",
     ["serve"]),
    ("HOME", "Where $XDG_STATE_HOME does not say, .local/state in this folder does.", ["serve"]),
    ("TMPDIR", "Where namespaces are not permitted: for a folder that lasts as long as the handshake (default: "
     "/tmp).", ["explain"]),
]
STATE = "$XDG_STATE_HOME/handshake"
FILES = [
    ("/etc/resolv.conf", "The name servers.", CONNECTS),
    ("/etc/hosts", "Names that they are not asked for.", CONNECTS),
    (f"{STATE}/ca.pem", "The local CA's certificate: what clients give with --cacert. The folder is "
     "~/.local/state/handshake where $XDG_STATE_HOME is not set, and --state names another.", ["serve"]),
    (f"{STATE}/ca-key.pem", "Its private key.", ["serve"]),
    (f"{STATE}/quic-key", "The secret of QUIC's tokens, so that they outlive a restart.", ["serve"]),
    ("/proc/sys/net/", "The kernel's settings.", ["audit"]),
    ("/proc/net/netstat", "The counters, and beside it those of /proc/net/snmp and /proc/net/sockstat.", ["audit"]),
]
SEE_ALSO = {
    "handshake": ["curl(1)", "openssl(1ssl)", "tcpdump(1)", "tshark(1)"],
    "probe": ["curl(1)", "ping(8)", "openssl-s_client(1ssl)"],
    "read": ["pcap-filter(7)", "tcpdump(1)", "tshark(1)"],
    "serve": ["openssl-s_server(1ssl)"],
    "audit": ["netstat(8)", "nstat(8)", "ss(8)", "sysctl(8)", "tcp(7)"],
    "lab": ["network_namespaces(7)", "user_namespaces(7)"],
    "lab compare": ["tc-netem(8)"],
    "explain": ["tcp(7)"],
}


# --- the tables ---

def strings(table):
    return [row for row in table if len(row) > 1 and row[0] != "NULL"]


def load():
    """The commands in the order of the program's help, each experiment behind lab."""
    files = {path.name: path for path in sorted((c.root / COMMANDS).glob("*.c"))}
    found = {}
    for name in files:
        tables = c.tables(f"{COMMANDS}/{name}", *HEADERS)
        for symbol, command in tables.items():
            if not symbol.startswith("hs_command_"):
                continue
            elsewhere = ELSEWHERE.get(command["options"])
            options = c.tables(f"{COMMANDS}/{elsewhere}", *HEADERS)[command["options"]] if elsewhere else \
                tables[command["options"]]
            command["table"] = [row for row in options if isinstance(row, dict) and ("letter" in row or
                                row.get("name", "NULL") != "NULL")]
            command["constants"] = c.constants(*NUMBERS, f"{COMMANDS}/{name}",
                                               *([f"{COMMANDS}/{elsewhere}"] if elsewhere else []))
            command["exit_rows"] = strings(tables[command["exits"]])
            command["example_rows"] = strings(tables[command["examples"]])
            found[symbol] = command
    main = c.read(f"{COMMANDS}/main.c").split("commands[] = {", 1)[1].split("}", 1)[0]
    order = re.findall(r"&(hs_command_\w+)", main)
    experiments = re.findall(r"&(hs_command_\w+)", c.read(f"{COMMANDS}/lab.c").split("experiments[] = {", 1)[1]
                             .split("}", 1)[0])
    assert set(order + experiments) == set(found), "a command is in no list"
    order[order.index("hs_command_lab") + 1:order.index("hs_command_lab") + 1] = experiments
    return {found[symbol]["name"]: found[symbol] for symbol in order}


def failures():
    """{status: [(class, meaning)…]}, in the order of their numbers."""
    known = c.macros("include/handshake/failure.h")
    rows = c.split(c.expand(["{", "HS_FAILURE_MAP", "(", "ROW", ")", "}"],
                            {**known, "ROW": (list("sncma"), ["{", "n", ",", "c", ",", "m", "}", ","])})[1:-1])
    by_status = {}
    for name, status, meaning in map(c.value, rows):
        by_status.setdefault(int(status), []).append((name, meaning))
    return dict(sorted(by_status.items()))


# --- the sections ---

def head(command, summary, version, date):
    title = literal(page_name(command).upper())
    return [f'.TH {title} 1 {date} "handshake {version}" "User Commands"', ".nh", ".ad l", ".SH NAME",
            *lines(f"{literal(page_name(command))} \\- {escape(summary)}")]


def operand(text):
    """FILE… | -i DEV: what is typed bold, what stands for something italic."""
    return " ".join(bold(word) if word[0] == "-" else
                    re.sub(r"[A-Z]{2,}", lambda found: italic(found.group()), literal(word)) for word in text.split(" "))


def synopsis(commands, command):
    out = [".SH SYNOPSIS"]
    experiments = [name for name in commands if name.startswith(command["name"] + " ")]
    forms = [(name, "") for name in experiments] or [(command["name"], form)
                                                     for form in command["operands"].split(" | ")]
    for i, (name, form) in enumerate(forms):
        out += [".br"] if i else []
        out.append(f"\\fBhandshake {name}\\fR [\\fIOPTION\\fR]..." + (f" {operand(form)}" if form else ""))
    return out


def bounds(option, known):
    """What the parser demands of the argument, where the option's own text does not say so."""
    if option["kind"] not in ("HS_OPTION_INTEGER", "HS_OPTION_SECONDS") or \
            re.search(r"\bat most\b|\bfrom [\d.]+ to\b", option["help"]):
        return ""
    unit = c.number("HS_SECOND", known) if option["kind"] == "HS_OPTION_SECONDS" else 1
    least, most = (c.number(option.get(field, "0"), known) for field in ("min", "max"))
    name, what = option["argument"], " seconds" if unit > 1 else ""
    if most == c.LIMITS["UINT16_MAX"]:  # a port, as everybody knows them
        return ""
    if most >= c.LIMITS["INT32_MAX"] and unit == 1:
        return f" {name} is {least} or more."
    if 0 < least / unit < 1e-3:  # one nanosecond: more than none
        return f" {name} is more than 0, and at most {most / unit:.10g}{what}."
    return f" {name} is from {least / unit:.10g} to {most / unit:.10g}{what}."


def option_tag(option, aliases):
    argument = option.get("argument")
    names = [f"-{option['letter'][1:-1]}"] if "letter" in option else []
    names += [f"--{one['name']}" for one in [option, *aliases] if one.get("name", "NULL") != "NULL"]
    return ", ".join(map(bold, names)) + (f" {italic(argument)}" if argument else "")


def options(command):
    out, group = [".SH OPTIONS"], None
    listed = [row for row in command["table"] if "help" in row]
    silent = [row for row in command["table"] if "help" not in row]
    for option in listed:
        found = re.search(r'"(.*)"', option.get("group", ""))  # of a condition its text
        title = found.group(1) if found else option.get("group")
        if title and title != group:
            out.append(f".SS {escape(title)}")
            group = title
        aliases = [row for row in silent if row["offset"] == option["offset"] and row["kind"] == option["kind"]]
        silent = [row for row in silent if row not in aliases]
        text = sentence(option["help"])
        body, default = re.fullmatch(r"(.*?)( Default: .*)?", text).groups()
        text = body + bounds(option, command["constants"]) + (default or "")
        out += tagged(option_tag(option, aliases),
                      paragraph(text, re.findall(r"\w+", option.get("argument", ""))))
    assert not silent, f"an option without a text is nobody's alias: {silent}"
    if group:
        out.append(".SS Help")
    return out + tagged(f"{bold('-h')}, {bold('--help')}", ["Print the options in short, and exit."])


def exit_status(command):
    out = [".SH EXIT STATUS"]
    for status, meaning in command["exit_rows"]:
        if status == "other" and command["name"] == "probe":
            out += [".PP", *paragraph("Otherwise it is that of the first failure, in curl's numbers:")]
            for number, classes in failures().items():
                body = []
                for name, what in classes:
                    body += [".br"] if body else []
                    body += lines(f"{bold(name)}: {prose(what)}")
                out += tagged(bold(str(number)), body) if number != 2 else []
            out += [".PP", "And:"]
        else:
            out += tagged(bold(status), paragraph(sentence(meaning)))
    return out


def of_command(title, rows, name):
    found = [(entry, text) for entry, text, commands in rows if name in commands]
    out = [f".SH {title}"] if found else []
    for entry, text in found:
        out += tagged(bold(entry), paragraph(text))
    return out


def examples(command):
    out = [".SH EXAMPLES"]
    for example, what in command["example_rows"]:
        out += shown(what, [example])
    return out[:1] + out[2:]


def see_also(commands, name):
    if name == "handshake":
        pages = [page_name(one) for one in commands]
    else:
        family = [one for one in commands if one != name and (one.split()[0] == name.split()[0])]
        near = {"probe": ["compare", "explain", "read", "serve"], "compare": ["lab compare", "probe"],
                "read": ["probe"], "serve": ["probe"], "audit": ["lab synflood"], "explain": ["lab", "probe"],
                "lab compare": ["compare"], "lab failures": ["probe"], "lab synflood": ["audit"]}
        pages = ["handshake", *map(page_name, sorted({*family, *near.get(name, [])}))]
    every = [f"{page}(1)" for page in pages] + SEE_ALSO.get(name, [])
    return [".SH SEE ALSO", *[reference(one) + ("," if one != every[-1] else "") for one in every]]


# --- the lists that a page has besides ---

def write_out_variables():
    table = c.tables("src/report/write_out_variables.c")["hs_variables"]
    names = [row[0] for row in table if isinstance(row, list) and len(row) > 1]
    text = "The format of --write-out is printed as it is, but for \\n, \\r, \\t, %% and these variables of " \
           "curl's, with curl's meaning; times are in seconds since the start:"
    return [".SH WRITE-OUT VARIABLES", *paragraph(text), ".PP",
            *lines(", ".join(bold(f"%{{{name}}}") for name in names))]


def topics():
    out = [".SH TOPICS"]
    for row in c.tables("src/explain/topics.c")["hs_topics"]:
        out += tagged(bold(row["name"]), paragraph(sentence(row["summary"])))
    return out


def ways():
    known = c.macros("include/handshake/compare.h")
    rows = c.split(c.expand(["HS_WAY_MAP", "(", "ROW", ")"],
                            {**known, "ROW": (["s", "n", "t"], ["{", "n", ",", "t", "}", ","])}))
    return [".SH WAYS", "In the order of the table, by their names in the records of", f"{bold('--json')}:",
            *(line for name, title in map(c.value, rows) for line in tagged(bold(name), [escape(title)]))]


BESIDES = {"probe": write_out_variables, "explain": topics, "compare": ways}


def page(commands, name, version, date):
    command = commands[name]
    out = head(name, command["summary"], version, date) + synopsis(commands, command)
    out += [".SH DESCRIPTION", *paragraph(command["description"],
                                       re.findall(r"[A-Z]{3,}", command["operands"]))]
    experiments = [one for one in commands if one.startswith(name + " ")]
    if experiments:
        out += [".SH EXPERIMENTS"]
        for one in experiments:
            out += tagged(reference(page_name(one) + "(1)"), paragraph(sentence(commands[one]["summary"])))
    out += options(command)
    if name in BESIDES:
        out += BESIDES[name]()
    out += exit_status(command) + of_command("ENVIRONMENT", ENVIRONMENT, name) + of_command("FILES", FILES, name)
    return out + examples(command) + see_also(commands, name)


def program(commands, version, date):
    what = re.search(r'"(Shows, times, [^"]*?)\\n', c.read(f"{COMMANDS}/help.c")).group(1)
    out = head("handshake", what[0].lower() + what[1:].rstrip("."), version, date)
    out += [".SH SYNOPSIS", "\\fBhandshake\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...", ".br",
            "\\fBhandshake help\\fR [\\fICOMMAND\\fR]", ".br", f"{bold('handshake --version')}",
            ".SH DESCRIPTION", *paragraph(what)]
    out += paragraph("Results go to stdout, progress and errors to stderr.")
    out += [".SH COMMANDS"]
    for name, command in commands.items():
        out += tagged(reference(page_name(name) + "(1)"), paragraph(sentence(command["summary"])))
    out += [".SH OPTIONS"]
    out += tagged(f"{bold('-h')}, {bold('--help')}",
                  ["Print the commands, and exit.", "Behind a command: its options."])
    out += tagged(f"{bold('-V')}, {bold('--version')}", ["Print the version, and exit."])
    out += [".SH EXIT STATUS", *paragraph("That of the command, in whose page it stands. The same number says the same "
                                          "everywhere, and those of failures are curl's:")]
    out += tagged(bold("0"), ["Done."]) + tagged(bold("2"), paragraph("A usage error, or this machine could not carry "
                                                                     "it out; one line on stderr says what."))
    for number, classes in failures().items():
        if number != 2:
            out += tagged(bold(str(number)), lines(", ".join(bold(name) for name, _ in classes) + "."))
    out += tagged(bold("128 + N"), paragraph("Signal N ended it. 141 (SIGPIPE): whoever read its output left before "
                                             "the end, of which nothing is said."))
    everywhere = {}
    for name, text, of in ENVIRONMENT:
        everywhere.setdefault(name, []).append(of)
    out += [".SH ENVIRONMENT"]
    for name, of in everywhere.items():
        pages = sorted({page_name(one) for some in of for one in some})
        out += tagged(bold(name), lines("See " + ", ".join(reference(f"{one}(1)") for one in pages) + "."))
    return out + [".SH EXAMPLES", *first_steps(), *see_also(commands, "handshake")]


def first_steps():
    """The program against its own server: nothing but this host is needed."""
    out = []
    for what, shell in (
            ("A server to try it on, with a CA of its own, in one terminal",
             "handshake serve --https 8443 --https3 8443"),
            ("In another: where the time goes over TCP and TLS, then over QUIC",
             "ca=~/.local/state/handshake/ca.pem\n"
             "handshake probe --cacert $ca https://localhost:8443/\n"
             "handshake probe --cacert $ca --http3 https://localhost:8443/"),
            ("How such a handshake goes, message by message", "handshake explain tls1.3")):
        out += shown(what, shell.split("\n"))
    return out[1:]


def dated(text, before):
    """The date is that of the page's last change: it stays where nothing else is another."""
    blank = re.compile(r"^(\.TH \S+ 1 )\S+", re.M)
    if before is not None and blank.sub(r"\1", before) == blank.sub(r"\1", text):
        return before
    return text


def pages(folder):
    """{name of the file: text}; `folder` has those of before."""
    commands = load()
    version = re.search(r"version: '([^']+)'", c.read("meson.build")).group(1)
    today = datetime.date.today().isoformat()
    made = {f"{page_name(name)}.1": page(commands, name, version, today) for name in commands}
    made["handshake.1"] = program(commands, version, today)
    out = {}
    for name, content in made.items():
        text = HEAD + "\n".join(content) + "\n"
        path = folder / name
        out[name] = dated(text, path.read_text() if path.exists() else None)
    return out
