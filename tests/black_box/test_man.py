"""The man pages: whole, well formed, installed, and nothing in them that does not work."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from kit.probe import ROOT

FOLDER = ROOT / "docs" / "man"
PAGES = sorted(path.name for path in FOLDER.glob("*.1"))


def commands_of(text, title):
    """The first words of the lines below a title of --help."""
    return re.findall(r"^  (\S+) ", re.search(rf"^{title}\n((?:  .*\n)+)", text, re.M).group(1), re.M)


@pytest.fixture(scope="module")
def commands(hs):
    """Each command as it is typed: ["probe"], ["lab", "compare"] …"""
    found = [[name] for name in commands_of(hs.run("--help").stdout, "Commands")]
    return found + [["lab", name] for name in commands_of(hs.run("lab", "--help").stdout, "Experiments")]


def page_of(command):
    return "-".join(["handshake", *command]) + ".1"


@pytest.fixture(scope="module")
def text_of():
    """text_of(page): as a reader has it, on a terminal of 80 columns."""
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")

    def render(page):
        done = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=80", FOLDER / page], capture_output=True,
                              text=True, check=True)
        return re.sub(r".\x08", "", done.stdout)
    return render


def has_man():
    """man-db's: the option that shows warnings is its own."""
    return bool(shutil.which("man")) and subprocess.run(["man", "--version"], capture_output=True).returncode == 0


def section(text, title):
    return re.search(rf"^{title}\n((?:[ ].*\n|\n)*)", text, re.M).group(1)


def flat(text):
    return " ".join(text.replace("…", "...").replace("`", "").split()).lower()


def options_of(text):
    """(names, text) of each option in a --help."""
    return [(re.findall(r"--?[\w.-]+", names), flat(what)) for names, what in
            re.findall(r"^ {2,6}(-\S+(?:, \S+)?(?: [^\s-]\S*)?)(?: {2,}|\n {27})(.*(?:\n {27}.*)*)$", text, re.M)]


# ---- what stands in them

def test_every_command_has_a_page_and_every_page_a_command(hs, commands):
    assert {page_of(command) for command in commands} | {"handshake.1"} == set(PAGES)
    assert len(commands) >= 10, commands


def test_every_option_stands_in_its_page(hs, commands, text_of):
    count = 0
    for command in commands:
        page = section(text_of(page_of(command)), "OPTIONS")
        tags = [re.findall(r"--?[\w.-]+", line) for line in re.findall(r"^ {7}(-.*)$", page, re.M)]
        for names, what in options_of(hs.run(*command, "--help").stdout):
            assert any(set(names) <= set(tag) for tag in tags), (command, names)
            if names != ["--help"]:
                what, default = re.fullmatch(r"(.*?)(?: \(default: (.*)\))?", what).groups()
                assert what in flat(page), (command, names, what)
                assert default is None or f"default: {default}." in flat(page), (command, names, default)
            count += 1
    assert count > 100, count


def test_an_option_that_help_does_not_list_stands_there_too(text_of):
    everything = "".join(text_of(page) for page in PAGES)
    known = set()
    for path in (ROOT / "src" / "cli").glob("*.[ch]"):
        source = path.read_text().replace("\\\n", " ")
        known |= set(re.findall(r'\.name = "([a-z0-9.-]+)",\s+\.(?:argument|help|kind)', source))
    assert {"max-time", "curves", "tlsv1.1", "cacert"} <= known
    for name in known:
        assert re.search(rf"--{re.escape(name)}\b", everything), name


def test_exit_status(hs, commands, text_of):
    for command in commands:
        page = section(text_of(page_of(command)), "EXIT STATUS")
        rows = re.findall(r"^  (\S+) +\S", hs.run(*command, "--help").stdout.split("\nExit status\n")[1]
                          .split("\n\n")[0], re.M)
        assert {"0", "2"} <= set(rows), command
        for status in rows:
            assert re.search(rf"^ {{7}}{status}\b", page, re.M) or (command, status) == (["probe"], "other"), command
    failures = re.findall(r"^\| `([\w.]+)` \| (\d+) ", (ROOT / "docs" / "failures.md").read_text(), re.M)
    for page in ("handshake.1", "handshake-probe.1"):
        listed = {}
        for line in section(text_of(page), "EXIT STATUS").splitlines():
            number = re.match(r" {7}(\d+) ", line)
            status = number.group(1) if number else status
            listed.update({name: status for name in re.findall(r"\b[a-z\d]+(?:\.[a-z_]+)+|\babandoned\b", line)})
        for name, status in failures:
            assert name == "local" or listed.get(name) == status, (page, name)


def test_environment_is_what_the_program_reads(text_of):
    read = {"SSL_CERT_FILE", "SSL_CERT_DIR"}   # whose names OpenSSL gives
    for path in (ROOT / "src").rglob("*.c"):
        read |= set(re.findall(r'getenv\("(\w+)"\)', path.read_text()))
    listed = re.findall(r"^ {7}([A-Z_]+)\b", section(text_of("handshake.1"), "ENVIRONMENT"), re.M)
    assert set(listed) == read
    for page in PAGES:
        text = text_of(page)
        if page != "handshake.1" and "\nENVIRONMENT\n" in text:
            assert set(re.findall(r"^ {7}([A-Z_]{4,})\b", section(text, "ENVIRONMENT"), re.M)) <= read


def test_references_lead_somewhere(text_of):
    for page in PAGES:
        for name in re.findall(r"\b(handshake[\w-]*)\(1\)", text_of(page)):
            assert f"{name}.1" in PAGES, (page, name)


# ---- their examples

def examples_of(text):
    return re.findall(r"^ {11}(\S.*)$", section(text, "EXAMPLES"), re.M)


def test_examples_are_understood(hs, text_of):
    """Each with --help behind it: what stands before was read, and was right."""
    count = 0
    for page in PAGES:
        found = [line for line in examples_of(text_of(page)) if "handshake " in line]
        assert found, page
        for line in found:
            part = next(part for part in line.split(" | ") if re.match(r"(sudo )?handshake ", part))
            part = re.sub(r"^(sudo )?handshake ", "", part)
            done = subprocess.run(f"'{hs.binary}' {part} --help", shell=True, capture_output=True, text=True,
                                  env={**hs.env(), "ca": "ca.pem"})
            assert done.returncode == 0 and done.stdout.startswith("Usage: "), (page, line, done)
            count += 1
    assert count > 30, count


def test_first_steps_work_as_written(hs, text_of, tmp_path):
    """In a network of its own, where the ports are free."""
    alone = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespaces here")
    serve, *rest = examples_of(text_of("handshake.1"))
    assert serve.startswith("handshake serve "), serve
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "handshake").symlink_to(hs.binary)
    script = ["set -e", "ip link set lo up", f"{serve} >serve.log & server=$!", "trap 'kill $server' EXIT",
              "i=0; until grep -q 'https3 .* listening' serve.log; do sleep 0.1; i=$((i+1)); [ $i -lt 100 ]; done",
              *rest]
    done = subprocess.run([*alone, "sh", "-c", "\n".join(script)], capture_output=True, text=True, timeout=60,
                          cwd=tmp_path, env={**hs.env(XDG_STATE_HOME=None, HOME=tmp_path),
                                             "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}:/usr/sbin:/sbin"})
    assert done.returncode == 0 and done.stderr == "", done
    assert done.stdout.count("ready after") >= 2 and "HTTP/3 200" in done.stdout, done.stdout
    assert "ClientHello" in done.stdout, done.stdout


# ---- their form

@pytest.mark.parametrize("page", PAGES)
def test_lint(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", FOLDER / page], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("page", PAGES)
def test_groff_has_no_warning_and_no_line_is_too_long(page):
    if not has_man():
        pytest.skip("man-db is not installed")
    for locale in ("C", "C.UTF-8"):
        done = subprocess.run(["man", "--warnings", "-l", FOLDER / page], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": locale, "MANWIDTH": "80", "MANPAGER": "cat"})
        assert (done.returncode, done.stderr) == (0, ""), done
        lines = done.stdout.splitlines()
        assert len(lines) > 40 and max(map(len, lines)) <= 80, max(lines, key=len)


def test_installed(installed_man, commands):
    assert sorted(path.name for path in installed_man.iterdir()) == PAGES
    for page in PAGES:
        assert (installed_man / page).read_bytes() == (FOLDER / page).read_bytes()
    if has_man():
        for name in ["handshake", *(page_of(command)[:-2] for command in commands)]:
            done = subprocess.run(["man", "-M", installed_man.parent, "-w", name], capture_output=True, text=True)
            assert pathlib.Path(done.stdout.strip()) == installed_man / f"{name}.1", done


@pytest.fixture(scope="module")
def installed_man(tmp_path_factory):
    build = pathlib.Path(os.environ.get("HS_BUILD", ROOT / "build"))
    if not (build / "build.ninja").is_file():
        pytest.skip(f"{build} is not built (HS_BUILD names it)")
    root = tmp_path_factory.mktemp("root")
    done = subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet", "--tags", "man"],
                          env={**os.environ, "DESTDIR": str(root)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = list(root.rglob("man1"))
    assert len(found) == 1 and found[0].parts[-3:] == ("share", "man", "man1"), found
    return found[0]
