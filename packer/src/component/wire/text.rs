//! Components as text.

/// The interfaces of WASI of `version`. Each name ends in `n`. Numbers stand for flags and
/// error codes: they have the same core type.
pub(crate) fn imports(version: &str, n: &str) -> String {
    format!(
        r#"
  (import "wasi:io/error@{version}" (instance $error{n}
    (export "error" (type $e (sub resource)))
    (export "[method]error.to-debug-string" (func (param "self" (borrow $e)) (result string)))))
  (alias export $error{n} "error" (type $error-t{n}))
  (import "wasi:io/poll@{version}" (instance $poll{n}
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (import "wasi:io/streams@{version}" (instance $streams{n}
    (export "input-stream" (type $i (sub resource)))
    (export "output-stream" (type $o (sub resource)))
    (export "[method]input-stream.read" (func (param "self" (borrow $i)) (param "len" u64)
      (result (result (list u8) (error u8)))))
    (export "[method]output-stream.splice" (func (param "self" (borrow $o))
      (param "src" (borrow $i)) (param "len" u64) (result (result u64 (error u8)))))
    (export "[method]output-stream.check-write" (func (param "self" (borrow $o))
      (result (result u64 (error u8)))))))
  (alias export $streams{n} "input-stream" (type $stream-t{n}))
  (import "wasi:filesystem/types@{version}" (instance $types{n}
    (alias outer 1 $stream-t{n} (type $i'))
    (export "input-stream" (type $i (eq $i')))
    (export "descriptor" (type $d (sub resource)))
    (export "[method]descriptor.sync" (func (param "self" (borrow $d))
      (result (result (error u8)))))
    (export "[method]descriptor.read-via-stream" (func (param "self" (borrow $d))
      (param "offset" u64) (result (result (own $i) (error u8)))))
    (export "[method]descriptor.open-at" (func (param "self" (borrow $d))
      (param "path-flags" u8) (param "path" string) (param "open-flags" u8)
      (param "flags" u8) (result (result (own $d) (error u8)))))))
  (alias export $types{n} "descriptor" (type $descriptor{n}))
  (import "wasi:filesystem/preopens@{version}" (instance $preopens{n}
    (alias outer 1 $descriptor{n} (type $d'))
    (export "descriptor" (type $d (eq $d')))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))"#
    )
}

/// A module with the memory and two allocators.
pub(crate) const LIBC: &str = r#"
  (core module $libc
    (memory (export "memory") 1) (memory (export "other") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "realloc2") (param i32 i32 i32 i32) (result i32) i32.const 128))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "other" (core memory $other))
  (alias core export $libc "realloc" (core func $realloc))
  (alias core export $libc "realloc2" (core func $realloc2))"#;

/// Options of a lowering with the first allocator.
pub(crate) const OPTIONS: &str = "(memory $memory) (realloc $realloc)";

/// Lowerings of the functions that open files. Their names end in `n`.
pub(crate) fn lowerings(n: &str, options: &str) -> String {
    format!(
        r#"
  (core func $open{n} (canon lower (func $types{n} "[method]descriptor.open-at") {options}))
  (core func $directories{n} (canon lower (func $preopens{n} "get-directories") {options}))"#
    )
}

/// A module that imports the functions that open files, and exports `run`.
pub(crate) const MAIN: &str = r#"
  (core module $main
    (import "a" "open" (func (param i32 i32 i32 i32 i32 i32 i32)))
    (import "a" "directories" (func (param i32)))
    (func (export "run") (result i32) i32.const 7))
  (core instance $main (instantiate $main
    (with "a" (instance (export "open" (func $open)) (export "directories" (func $directories))))))
  (func (export "run") (result u32) (canon lift (core func $main "run")))"#;

/// A program with `more` behind its lowerings and before `main`.
pub(crate) fn program(more: &str) -> String {
    let (imports, lowerings) = (imports("0.2.0", ""), lowerings("", OPTIONS));
    format!("(component $app {imports} {LIBC} {lowerings} {more} {MAIN})")
}

/// A program whose `main` exports the memory, in the shape of `wit-component`: a shim of its
/// own breaks the circle between `main` and the lowerings, and a fixup fills its table.
pub(crate) fn with_fixup() -> String {
    let (imports, lowerings) = (imports("0.2.6", ""), lowerings("", OPTIONS));
    format!(
        r#"(component {imports}
  (core module $main
    (import "fs" "open" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "fs" "directories" (func $directories (param i32)))
    (import "fs" "drop" (func $drop (param i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
    (func (export "run") (result i32) (call $drop (i32.const 3)) i32.const 7))
  (core module $shim
    (table (export "$imports") 2 2 funcref)
    (type $open (func (param i32 i32 i32 i32 i32 i32 i32)))
    (type $directories (func (param i32)))
    (func (export "0") (type $open)
      (call_indirect (type $open) (local.get 0) (local.get 1) (local.get 2) (local.get 3)
        (local.get 4) (local.get 5) (local.get 6) (i32.const 0)))
    (func (export "1") (type $directories)
      (call_indirect (type $directories) (local.get 0) (i32.const 1))))
  (core module $fixup
    (import "" "0" (func $open (param i32 i32 i32 i32 i32 i32 i32)))
    (import "" "1" (func $directories (param i32)))
    (import "" "$imports" (table 2 2 funcref))
    (elem (i32.const 0) func $open $directories))
  (core instance $shim-instance (instantiate $shim))
  (core func $drop (canon resource.drop $descriptor))
  (core instance $main-instance (instantiate $main (with "fs" (instance
    (export "open" (func $shim-instance "0"))
    (export "directories" (func $shim-instance "1"))
    (export "drop" (func $drop))))))
  (alias core export $main-instance "memory" (core memory $memory))
  (alias core export $main-instance "cabi_realloc" (core func $realloc))
  {lowerings}
  (core instance (instantiate $fixup (with "" (instance
    (export "$imports" (table $shim-instance "$imports"))
    (export "0" (func $open)) (export "1" (func $directories))))))
  (func (export "run") (result u32) (canon lift (core func $main-instance "run"))))"#
    )
}

/// A program that lowers functions of two versions, the second with another allocator, a
/// `poll` and a `splice`.
pub(crate) fn of_two_versions() -> String {
    let imports = imports("0.2.0", "") + &imports("0.2.12", "2");
    let first = lowerings("", OPTIONS);
    let second = lowerings(
        "2",
        "(realloc $realloc2) (memory $memory) string-encoding=utf8",
    );
    format!(
        r#"(component $app {imports} {LIBC} {first}
  (core func $poll (canon lower (func $poll "poll") {OPTIONS}))
  (core func $splice (canon lower (func $streams2 "[method]output-stream.splice") {OPTIONS}))
  {second} {MAIN}
  (core module $second
    (import "b" "open" (func (param i32 i32 i32 i32 i32 i32 i32)))
    (import "b" "directories" (func (param i32)))
    (import "b" "poll" (func (param i32 i32 i32)))
    (import "b" "splice" (func (param i32 i32 i64 i32))))
  (core instance (instantiate $second (with "b" (instance
    (export "open" (func $open2)) (export "directories" (func $directories2))
    (export "poll" (func $poll)) (export "splice" (func $splice))))))
  (component $shim (core module (memory 1)))
  (@custom "producers" "\00"))"#
    )
}

/// The interfaces of files of WASI 0.3, and the types of their streams. Each name ends in
/// `n`. The error code is the one case `code`.
pub(crate) fn imports_of_0_3(version: &str, n: &str, code: &str) -> String {
    format!(
        r#"
  (import "wasi:filesystem/types@{version}" (instance $types{n}
    (type $c' (variant (case "{code}") (case "other" (option string))))
    (export "error-code" (type $c (eq $c')))
    (type $e' (record (field "type" u8) (field "name" string)))
    (export "directory-entry" (type $e (eq $e')))
    (export "descriptor" (type $d (sub resource)))
    (type $future (future (result (error $c))))
    (export "[method]descriptor.read-via-stream" (func (param "self" (borrow $d))
      (param "offset" u64) (result (tuple (stream u8) $future))))
    (export "[method]descriptor.read-directory" (func (param "self" (borrow $d))
      (result (tuple (stream $e) $future))))
    (export "[method]descriptor.write-via-stream" (func (param "self" (borrow $d))
      (param "data" (stream u8)) (param "offset" u64) (result $future)))
    (export "[method]descriptor.is-same-object" (func async (param "self" (borrow $d))
      (param "other" (borrow $d)) (result bool)))
    (export "[method]descriptor.open-at" (func async (param "self" (borrow $d))
      (param "path-flags" u8) (param "path" string) (param "open-flags" u8)
      (param "flags" u8) (result (result (own $d) (error $c)))))))
  (alias export $types{n} "descriptor" (type $descriptor{n}))
  (alias export $types{n} "error-code" (type $code{n}))
  (alias export $types{n} "directory-entry" (type $entry{n}))
  (type $bytes{n} (stream u8))
  (type $entries{n} (stream $entry{n}))
  (type $result{n} (future (result (error $code{n}))))
  (import "wasi:filesystem/preopens@{version}" (instance $preopens{n}
    (alias outer 1 $descriptor{n} (type $d'))
    (export "descriptor" (type $d (eq $d')))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))"#
    )
}

/// An instance that gets these core functions, each under its own name.
pub(crate) fn receiver(functions: &[&str]) -> String {
    let exports = functions.iter();
    let exports = exports.map(|name| format!(r#"(export "{name}" (func ${name}))"#));
    let exports: String = exports.collect();
    format!(r#"(core instance (export "unused" (memory $memory)) {exports})"#)
}

/// Lowers a function as `name`.
pub(crate) fn lowered(name: &str, instance: &str, function: &str, options: &str) -> String {
    format!(
        r#"(core func ${name} (canon lower (func ${instance} "{function}") {OPTIONS} {options}))"#
    )
}

/// A program of WASI 0.3 that lowers functions both ways and uses the built-ins for their
/// streams, with `more` behind them.
pub(crate) fn of_0_3(more: &str) -> String {
    let imports = imports_of_0_3("0.3.2", "", "no-entry");
    let lowerings = [
        lowered("open", "types", "[method]descriptor.open-at", ""),
        lowered("open-async", "types", "[method]descriptor.open-at", "async"),
        lowered(
            "same",
            "types",
            "[method]descriptor.is-same-object",
            "async",
        ),
        lowered("bytes", "types", "[method]descriptor.read-via-stream", ""),
        lowered("entries", "types", "[method]descriptor.read-directory", ""),
        lowered("write", "types", "[method]descriptor.write-via-stream", ""),
        lowered("directories", "preopens", "get-directories", ""),
    ];
    let lowerings = lowerings.concat();
    let receiver = receiver(&[
        "open",
        "open-async",
        "same",
        "bytes",
        "entries",
        "write",
        "directories",
        "drop",
        "read-bytes",
        "read-bytes-async",
        "cancel-bytes",
        "new-bytes",
        "read-entries",
        "drop-entries",
        "read-result",
        "cancel-result",
        "drop-result",
        "join",
    ]);
    format!(
        r#"(component $app {imports} {LIBC} {lowerings}
  (core func $drop (canon resource.drop $descriptor))
  (core func $read-bytes (canon stream.read $bytes (memory $memory)))
  (core func $read-bytes-async (canon stream.read $bytes async (memory $memory)))
  (core func $cancel-bytes (canon stream.cancel-read $bytes))
  (core func $new-bytes (canon stream.new $bytes))
  (core func $read-entries (canon stream.read $entries async {OPTIONS}))
  (core func $drop-entries (canon stream.drop-readable $entries))
  (core func $read-result (canon future.read $result async {OPTIONS}))
  (core func $cancel-result (canon future.cancel-read $result async))
  (core func $drop-result (canon future.drop-readable $result))
  (core func $join (canon waitable.join))
  {more} {receiver})"#
    )
}
