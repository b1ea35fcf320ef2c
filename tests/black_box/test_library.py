"""The installed tree: header, library and pkg-config file are enough to build the example."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from kit.probe import ROOT


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    build = pathlib.Path(os.environ.get("HS_BUILD", ROOT / "build"))
    if not (build / "build.ninja").is_file():
        pytest.skip(f"{build} is not built (HS_BUILD names it)")
    root = tmp_path_factory.mktemp("root")
    done = subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet"],
                          env={**os.environ, "DESTDIR": str(root)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def pkg_config(root, *arguments):
    found = next(root.rglob("libhandshake.pc"))
    return subprocess.run(
        ["pkg-config", "--define-variable=prefix=" + str(root) + prefix_of(root, found),
         *arguments, "libhandshake"],
        env={**os.environ, "PKG_CONFIG_PATH": str(found.parent)}, capture_output=True, text=True,
        check=True).stdout.split()


def prefix_of(root, found):
    for line in found.read_text().splitlines():
        if line.startswith("prefix="):
            return line.split("=", 1)[1]
    raise AssertionError("no prefix in " + str(found))


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("static", [False, True])
def test_example_builds_and_runs_from_the_installed_tree(installed, tmp_path, nginx, compiler, static):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    program = tmp_path / "probe_one"
    flags = pkg_config(installed, "--cflags", "--libs")
    library = next(installed.rglob("libhandshake.so")).parent
    if static:   # this library, with the shared ones that it stands on
        needs = pkg_config(installed, "--print-requires-private")
        needs = [word for word in needs if word[0].isalpha()]
        rest = subprocess.run(["pkg-config", "--libs", *needs], capture_output=True, text=True,
                              check=True).stdout.split()
        flags = [str(library / "libhandshake.a") if f == "-lhandshake" else f for f in flags]
        found = next(installed.rglob("libhandshake.pc")).read_text()
        private = re.search(r"^Libs\.private:(.*)$", found, re.MULTILINE)
        flags += rest + (private.group(1).split() if private else [])
    done = subprocess.run(
        [compiler, "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
         ROOT / "examples" / "probe_one.c", "-o", program, *flags, f"-Wl,-rpath,{library}"],
        capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([program, f"http://127.0.0.1:{nginx.http}/"], capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0 and "ms" in done.stdout, done
    done = subprocess.run([program, "https://localhost:1/"], capture_output=True, text=True, timeout=30)
    assert done.returncode != 0 and "tcp.refused" in done.stdout + done.stderr, done


def test_headers_compile_alone_and_as_cpp(installed, tmp_path):
    include = next(installed.rglob("handshake.h")).parent
    for header in sorted(include.glob("*.h")):
        for compiler, language in (("gcc", "c"), ("g++", "c++")):
            if not shutil.which(compiler):
                continue
            done = subprocess.run(
                [compiler, "-x", language, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 f"-I{include.parent}", "-include", f"handshake/{header.name}", "/dev/null"],
                capture_output=True, text=True)
            assert done.returncode == 0, f"{header.name} in {language}: {done.stderr}"


def test_only_hs_names_are_exported(installed):
    library = next(installed.rglob("libhandshake.so"))
    out = subprocess.run(["nm", "-D", "--defined-only", str(library)], capture_output=True, text=True,
                         check=True).stdout
    names = [line.split()[-1] for line in out.splitlines()]
    assert names and all(n.startswith("hs_") for n in names), [n for n in names if not n.startswith("hs_")]


def test_the_installed_program_runs(installed):
    program = next(p for p in installed.rglob("handshake") if p.is_file() and os.access(p, os.X_OK))
    done = subprocess.run([program, "--version"], capture_output=True, text=True,
                          env={**os.environ, "LD_LIBRARY_PATH": str(next(installed.rglob("libhandshake.so")).parent)})
    assert done.returncode == 0, done.stderr
