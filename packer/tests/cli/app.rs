//! Small programs in the text format.

/// The calls of preview 1 that the programs make, and their types.
const CALLS: [(&str, &str); 15] = [
    ("args_get", "(param i32 i32) (result i32)"),
    ("args_sizes_get", "(param i32 i32) (result i32)"),
    ("clock_time_get", "(param i32 i64 i32) (result i32)"),
    ("fd_advise", "(param i32 i64 i64 i32) (result i32)"),
    ("fd_filestat_get", "(param i32 i32) (result i32)"),
    ("fd_pread", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_seek", "(param i32 i64 i32 i32) (result i32)"),
    ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
    (
        "path_filestat_get",
        "(param i32 i32 i32 i32 i32) (result i32)",
    ),
    (
        "path_open",
        "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
    ),
    (
        "path_rename",
        "(param i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"),
    ("proc_exit", "(param i32)"),
    ("random_get", "(param i32 i32) (result i32)"),
];

/// A program with one page of memory. It imports these calls, each as a function of the same
/// name, and `$check` exits with an errno other than 0.
pub(crate) fn program(calls: &[&str], body: &str) -> Vec<u8> {
    let imports = calls.iter().map(|name| {
        let (_, ty) = CALLS.iter().find(|(call, _)| call == name).unwrap();
        format!(r#"(import "wasi_snapshot_preview1" "{name}" (func ${name} {ty}))"#)
    });
    let imports: String = imports.collect();
    let check = match calls.contains(&"proc_exit") {
        true => {
            "(func $check (param $errno i32)
              (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))"
        }
        false => "",
    };
    wat::parse_str(format!(
        r#"(module {imports} (memory (export "memory") 1) {check} {body})"#
    ))
    .unwrap()
}

/// Writes `hello.txt` of its first preopen to standard output. Exits with the
/// errno of a failed call.
pub(crate) fn reads_hello() -> Vec<u8> {
    program(
        &["path_open", "fd_read", "fd_write", "proc_exit"],
        r#"
        (data (i32.const 100) "hello.txt")
        (func (export "_start")
          ;; Descriptor 3 is the first preopen; 2 is the right to read.
          (call $check (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
          ;; One vector of 1000 bytes at 1000.
          (i32.store (i32.const 300) (i32.const 1000))
          (i32.store (i32.const 304) (i32.const 1000))
          (call $check (call $fd_read (i32.load (i32.const 200))
            (i32.const 300) (i32.const 1) (i32.const 308)))
          (i32.store (i32.const 304) (i32.load (i32.const 308)))
          (call $check (call $fd_write (i32.const 1)
            (i32.const 300) (i32.const 1) (i32.const 312))))"#,
    )
}

/// The program of [`reads_hello`] in a component, with imports of WASI.
pub(crate) fn component() -> Vec<u8> {
    let mut component = wat::parse_str(
        r#"(component
          (import "wasi:cli/environment@0.2.3" (instance))
          (import "wasi:cli/stdout@0.2.3" (instance))
          (import "wasi:io/streams@0.2.3" (instance)))"#,
    )
    .unwrap();
    let section = wasm_encoder::RawSection {
        id: 1,
        data: &reads_hello(),
    };
    component.push(section.id);
    wasm_encoder::Encode::encode(section.data, &mut component);
    component
}

/// Reads the status of `hello.txt` in its first preopen by path and by descriptor, and
/// renames it to `moved`. Exits with the errno of a failed call, or 99 if the modification
/// time is not 0.
pub(crate) fn looks_and_moves() -> Vec<u8> {
    program(
        &[
            "path_open",
            "path_filestat_get",
            "fd_filestat_get",
            "path_rename",
            "proc_exit",
        ],
        r#"
        (data (i32.const 100) "hello.txt")
        (data (i32.const 120) "moved")
        (func $check_time
          (if (i64.ne (i64.load (i32.const 448)) (i64.const 0))
            (then (call $proc_exit (i32.const 99)))))
        (func (export "_start")
          (call $check (call $path_filestat_get (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 400)))
          (call $check_time)
          (call $check (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 0)
            (i64.const 0x200002) (i64.const 0) (i32.const 0) (i32.const 200)))
          (call $check (call $fd_filestat_get (i32.load (i32.const 200)) (i32.const 400)))
          (call $check_time)
          (call $check (call $path_rename (i32.const 3) (i32.const 100) (i32.const 9)
            (i32.const 3) (i32.const 120) (i32.const 5))))"#,
    )
}

/// Opens `hello.txt` of the first preopen, moves far behind its end, waits for the file,
/// and exits with the error code.
pub(crate) fn waits_behind_the_end() -> Vec<u8> {
    program(
        &["path_open", "fd_seek", "poll_oneoff", "proc_exit"],
        r#"
        (data (i32.const 100) "hello.txt")
        (func (export "_start")
          (call $check (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 0)
            (i64.const 0x200006) (i64.const 0) (i32.const 0) (i32.const 200)))
          (call $check (call $fd_seek (i32.load (i32.const 200)) (i64.const 1000)
            (i32.const 0) (i32.const 208)))
          (i32.store8 (i32.const 312) (i32.const 1))
          (i32.store (i32.const 320) (i32.load (i32.const 200)))
          (call $check (call $poll_oneoff (i32.const 304) (i32.const 400) (i32.const 1)
            (i32.const 216))))"#,
    )
}

/// Advises `hello.txt` of the first preopen by a number that no advice has, and exits with
/// the error code.
pub(crate) fn gives_unknown_advice() -> Vec<u8> {
    program(
        &["path_open", "fd_advise", "proc_exit"],
        r#"
        (data (i32.const 100) "hello.txt")
        (func (export "_start")
          (drop (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
          (call $proc_exit (call $fd_advise (i32.load (i32.const 200)) (i64.const 0)
            (i64.const 0) (i32.const 99))))"#,
    )
}

/// Writes its arguments, each with a NUL at its end, to standard output.
pub(crate) fn echoes_arguments() -> Vec<u8> {
    program(
        &["args_sizes_get", "args_get", "fd_write"],
        r#"
        (func (export "_start")
          (drop (call $args_sizes_get (i32.const 0) (i32.const 12)))
          (drop (call $args_get (i32.const 100) (i32.const 1000)))
          (i32.store (i32.const 8) (i32.const 1000))
          (drop (call $fd_write (i32.const 1)
            (i32.const 8) (i32.const 1) (i32.const 20))))"#,
    )
}

/// Exits with `code`.
pub(crate) fn exits(code: u8) -> Vec<u8> {
    program(
        &["proc_exit"],
        &format!(r#"(func (export "_start") (call $proc_exit (i32.const {code})))"#),
    )
}

/// Truncates `packed.wasm` in its first preopen, and reads `hello.txt` of the second.
/// Ignores all errors.
pub(crate) fn truncates_and_reads() -> Vec<u8> {
    program(
        &["path_open", "fd_read"],
        r#"
        (data (i32.const 100) "packed.wasm")
        (data (i32.const 120) "hello.txt")
        (func (export "_start")
          ;; 8 truncates; 64 is the right to write.
          (drop (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 11) (i32.const 8)
            (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 200)))
          (drop (call $path_open (i32.const 4) (i32.const 0)
            (i32.const 120) (i32.const 9) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
          (i32.store (i32.const 300) (i32.const 1000))
          (i32.store (i32.const 304) (i32.const 1000))
          (drop (call $fd_read (i32.load (i32.const 200))
            (i32.const 300) (i32.const 1) (i32.const 308))))"#,
    )
}

/// Runs an `unreachable`.
pub(crate) fn traps() -> Vec<u8> {
    wat::parse_str(r#"(module (func (export "_start") unreachable))"#).unwrap()
}

/// Opens `name` of its first preopen as a directory. Exits with the errno.
pub(crate) fn opens_directory(name: &str) -> Vec<u8> {
    let len = name.len();
    program(
        &["path_open", "proc_exit"],
        &format!(
            r#"
        (data (i32.const 100) "{name}")
        (func (export "_start")
          ;; Follows links (1), as a directory (2).
          (call $proc_exit (call $path_open (i32.const 3) (i32.const 1)
            (i32.const 100) (i32.const {len}) (i32.const 2)
            (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 200))))"#
        ),
    )
}

/// Creates `new.txt` in its first preopen, writes `new` and a line end, reads it again, and
/// writes it to standard output. Exits with the errno of a failed call, or 99 if the file
/// has no time.
pub(crate) fn writes_and_reads() -> Vec<u8> {
    program(
        &[
            "path_open",
            "fd_write",
            "fd_pread",
            "fd_filestat_get",
            "clock_time_get",
            "proc_exit",
        ],
        r#"
        (data (i32.const 100) "new.txt")
        (data (i32.const 120) "new\n")
        (func (export "_start")
          ;; CREAT is 1; the rights are to read, write and get the status.
          (call $check (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 7) (i32.const 1)
            (i64.const 0x200046) (i64.const 0) (i32.const 0) (i32.const 200)))
          (i32.store (i32.const 300) (i32.const 120))
          (i32.store (i32.const 304) (i32.const 4))
          (call $check (call $fd_write (i32.load (i32.const 200))
            (i32.const 300) (i32.const 1) (i32.const 308)))
          (call $check (call $fd_filestat_get (i32.load (i32.const 200)) (i32.const 400)))
          ;; Later than the year 2020.
          (if (i64.lt_u (i64.load (i32.const 448)) (i64.const 1577836800000000000))
            (then (call $proc_exit (i32.const 99))))
          (i32.store (i32.const 300) (i32.const 1000))
          (call $check (call $fd_pread (i32.load (i32.const 200))
            (i32.const 300) (i32.const 1) (i64.const 0) (i32.const 308)))
          (call $check (call $fd_write (i32.const 1)
            (i32.const 300) (i32.const 1) (i32.const 312))))"#,
    )
}

/// A program that appends to `new.txt` below its first preopen until a call fails, and exits
/// with the error number.
pub(crate) fn writes_until_an_error() -> Vec<u8> {
    program(
        &["path_open", "fd_write", "proc_exit"],
        r#"
        (data (i32.const 100) "new.txt")
        ;; A buffer of 4 KiB at address 0.
        (data (i32.const 304) "\00\10")
        (func (export "_start")
          ;; CREAT is 1; the right is to write.
          (call $check (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 7) (i32.const 1)
            (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 200)))
          (loop $more
            (call $check (call $fd_write (i32.load (i32.const 200))
              (i32.const 300) (i32.const 1) (i32.const 308)))
            (br $more)))"#,
    )
}
