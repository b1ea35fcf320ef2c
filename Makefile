# The front door: each target says what it runs; the work is done by Meson, Ninja and scripts/.
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 600

.PHONY: all demo check bench fuzz install clean

all:
	scripts/setup build
	scripts/build build

demo:
	scripts/demo

check:
	scripts/check

bench:
	scripts/bench

fuzz:
	FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/fuzz

install: all
	meson configure build -Dprefix=$(PREFIX)
	DESTDIR="$(DESTDIR)" meson install -C build

clean:
	rm -rf build build-check build-check-gcc build-release build-fuzz
