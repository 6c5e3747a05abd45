# Every command of the project. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help demo demo-hsm demo-kmip demo-postgres check test test-full soak bench bench-files bench-hsm bench-kmip bench-postgres \
    build header abi deb man install uninstall install-library uninstall-library wheel clean

PREFIX ?= /usr/local

help:
	@echo 'make demo       a store with real borg and restic repositories, in one temporary folder'
	@echo 'make demo-hsm   the same with a token (SoftHSM2) that is taken away, given back, and rotated'
	@echo 'make demo-kmip  the same with a KMIP server (PyKMIP) that keeps the root key of a restic repository'
	@echo 'make demo-postgres  the same with a PostgreSQL server that keeps all of it, under two roles'
	@echo 'make check      quick tests: no packages, no root, under 10 minutes from nothing'
	@echo 'make test       check, and everything once on its real counterpart; half an hour on two cores'
	@echo 'make test-full  test, and everything else that must hold before a change lands; 80 minutes'
	@echo 'make soak       long runs, with figures'
	@echo 'make bench      measurements, each beside its floor: these four'
	@echo 'make bench-files  those of a store in files'
	@echo 'make bench-hsm  those of a store on a token, beside bare calls into its module'
	@echo 'make bench-kmip those of a store on a KMIP server, beside a bare Get and another client'
	@echo 'make bench-postgres  those of a store in PostgreSQL, beside bare statements and pgbench'
	@echo 'make build      the command, in target/release'
	@echo 'make header     include/strongroom.h, from ffi/src'
	@echo 'make abi        what the C ABI is agreed to be, in packaging/: when it has grown'
	@echo 'make man        its man pages and shell completions, in target/man'
	@echo 'make install    all of that under PREFIX ($(PREFIX)); make build first, then as root'
	@echo 'make uninstall  removes them again'
	@echo 'make install-library    the C library under PREFIX, with cargo-c, which is built if need be'
	@echo 'make uninstall-library  removes it again'
	@echo 'make deb        Debian packages, in target/deb'
	@echo 'make wheel      the Python package with the library in it, in target/wheel'
	@echo 'make clean      removes what was built'

demo:
	@scripts/packages demo
	@demo/run

demo-hsm:
	@scripts/packages demo
	@scripts/packages hsm
	@demo/hsm

demo-kmip:
	@scripts/packages demo
	@scripts/packages kmip
	@demo/kmip

demo-postgres:
	@scripts/packages demo
	@scripts/packages postgres
	@demo/postgres

check test test-full soak:
	@scripts/tier $@

# One after the other, also with -j: each measures.
bench:
	@$(MAKE) --no-print-directory bench-files
	@$(MAKE) --no-print-directory bench-hsm
	@$(MAKE) --no-print-directory bench-kmip
	@$(MAKE) --no-print-directory bench-postgres

bench-files: build
	cargo build --locked --release --package strongroom-ffi
	cargo bench --locked --package strongroom --bench store

bench-hsm: build
	@scripts/packages hsm
	cargo bench --locked --package strongroom --features pkcs11 --bench hsm

bench-kmip:
	@scripts/packages kmip
	STRONGROOM_PYKMIP=$$(scripts/kmip-venv) \
	    cargo bench --locked --package strongroom --features kmip --bench kmip

bench-postgres:
	@scripts/packages postgres
	cargo bench --locked --package strongroom --features postgres --bench postgres

build:
	@scripts/command

header:
	STRONGROOM_WRITE_HEADER=1 cargo test --locked --quiet --package strongroom-ffi --test header the_committed_header

abi:
	@scripts/abi

man: build
	@scripts/man target/man

install:
	@scripts/install '$(DESTDIR)$(PREFIX)'

uninstall:
	@scripts/install --remove '$(DESTDIR)$(PREFIX)'

install-library:
	@DESTDIR='$(DESTDIR)' scripts/capi '$(PREFIX)'

uninstall-library:
	@DESTDIR='$(DESTDIR)' scripts/capi --remove '$(PREFIX)'

deb:
	@scripts/packages deb
	@scripts/deb

wheel:
	@scripts/packages wheel
	@scripts/packages deb
	@scripts/wheel

clean:
	cargo clean
