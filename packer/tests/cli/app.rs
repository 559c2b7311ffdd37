//! Small programs in the text format.

/// Writes `hello.txt` of its first preopen to standard output. Exits with the
/// errno of a failed call.
pub(crate) fn reads_hello() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read
            (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write
            (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "hello.txt")
          (func $check (param $errno i32)
            (if (local.get $errno) (then (call $exit (local.get $errno)))))
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
              (i32.const 300) (i32.const 1) (i32.const 312)))))"#,
    )
    .unwrap()
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
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_stat
            (param i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat
            (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "path_rename" (func $rename
            (param i32 i32 i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "hello.txt")
          (data (i32.const 120) "moved")
          (func $check (param $errno i32)
            (if (local.get $errno) (then (call $exit (local.get $errno)))))
          (func $check_time
            (if (i64.ne (i64.load (i32.const 448)) (i64.const 0))
              (then (call $exit (i32.const 99)))))
          (func (export "_start")
            (call $check (call $path_stat (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 9) (i32.const 400)))
            (call $check_time)
            (call $check (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 9) (i32.const 0)
              (i64.const 0x200002) (i64.const 0) (i32.const 0) (i32.const 200)))
            (call $check (call $stat (i32.load (i32.const 200)) (i32.const 400)))
            (call $check_time)
            (call $check (call $rename (i32.const 3) (i32.const 100) (i32.const 9)
              (i32.const 3) (i32.const 120) (i32.const 5)))))"#,
    )
    .unwrap()
}

/// Opens `hello.txt` of the first preopen, moves far behind its end, waits for the file,
/// and exits with the error code.
pub(crate) fn waits_behind_the_end() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_seek" (func $seek
            (param i32 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll
            (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "hello.txt")
          (func $check (param $errno i32)
            (if (local.get $errno) (then (call $exit (local.get $errno)))))
          (func (export "_start")
            (call $check (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 9) (i32.const 0)
              (i64.const 0x200006) (i64.const 0) (i32.const 0) (i32.const 200)))
            (call $check (call $seek (i32.load (i32.const 200)) (i64.const 1000)
              (i32.const 0) (i32.const 208)))
            (i32.store8 (i32.const 312) (i32.const 1))
            (i32.store (i32.const 320) (i32.load (i32.const 200)))
            (call $check (call $poll (i32.const 304) (i32.const 400) (i32.const 1)
              (i32.const 216)))))"#,
    )
    .unwrap()
}

/// Advises `hello.txt` of the first preopen by a number that no advice has, and exits with
/// the error code.
pub(crate) fn gives_unknown_advice() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_advise" (func $advise
            (param i32 i64 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "hello.txt")
          (func (export "_start")
            (drop (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 9) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
            (call $exit (call $advise (i32.load (i32.const 200)) (i64.const 0)
              (i64.const 0) (i32.const 99)))))"#,
    )
    .unwrap()
}

/// Writes its arguments, each with a NUL at its end, to standard output.
pub(crate) fn echoes_arguments() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes
            (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $get
            (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write
            (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (call $sizes (i32.const 0) (i32.const 12)))
            (drop (call $get (i32.const 100) (i32.const 1000)))
            (i32.store (i32.const 8) (i32.const 1000))
            (drop (call $fd_write (i32.const 1)
              (i32.const 8) (i32.const 1) (i32.const 20)))))"#,
    )
    .unwrap()
}

/// Exits with `code`.
pub(crate) fn exits(code: u8) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (i32.const {code}))))"#
    ))
    .unwrap()
}

/// Truncates `packed.wasm` in its first preopen, and reads `hello.txt` of the second.
/// Ignores all errors.
pub(crate) fn truncates_and_reads() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $read
            (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "packed.wasm")
          (data (i32.const 120) "hello.txt")
          (func (export "_start")
            ;; 8 truncates; 64 is the right to write.
            (drop (call $open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 11) (i32.const 8)
              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 200)))
            (drop (call $open (i32.const 4) (i32.const 0)
              (i32.const 120) (i32.const 9) (i32.const 0)
              (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
            (i32.store (i32.const 300) (i32.const 1000))
            (i32.store (i32.const 304) (i32.const 1000))
            (drop (call $read (i32.load (i32.const 200))
              (i32.const 300) (i32.const 1) (i32.const 308)))))"#,
    )
    .unwrap()
}

/// Runs an `unreachable`.
pub(crate) fn traps() -> Vec<u8> {
    wat::parse_str(r#"(module (func (export "_start") unreachable))"#).unwrap()
}

/// Opens `name` of its first preopen as a directory. Exits with the errno.
pub(crate) fn opens_directory(name: &str) -> Vec<u8> {
    let len = name.len();
    wat::parse_str(format!(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "{name}")
          (func (export "_start")
            ;; Follows links (1), as a directory (2).
            (call $exit (call $path_open (i32.const 3) (i32.const 1)
              (i32.const 100) (i32.const {len}) (i32.const 2)
              (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 200)))))"#
    ))
    .unwrap()
}

/// Creates `new.txt` in its first preopen, writes `new` and a line end, reads it again, and
/// writes it to standard output. Exits with the errno of a failed call, or 99 if the file
/// has no time.
pub(crate) fn writes_and_reads() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write
            (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_pread" (func $pread
            (param i32 i32 i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_filestat_get" (func $stat
            (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "clock_time_get" (func
            (param i32 i64 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "new.txt")
          (data (i32.const 120) "new\n")
          (func $check (param $errno i32)
            (if (local.get $errno) (then (call $exit (local.get $errno)))))
          (func (export "_start")
            ;; CREAT is 1; the rights are to read, write and get the status.
            (call $check (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 7) (i32.const 1)
              (i64.const 0x200046) (i64.const 0) (i32.const 0) (i32.const 200)))
            (i32.store (i32.const 300) (i32.const 120))
            (i32.store (i32.const 304) (i32.const 4))
            (call $check (call $write (i32.load (i32.const 200))
              (i32.const 300) (i32.const 1) (i32.const 308)))
            (call $check (call $stat (i32.load (i32.const 200)) (i32.const 400)))
            ;; Later than the year 2020.
            (if (i64.lt_u (i64.load (i32.const 448)) (i64.const 1577836800000000000))
              (then (call $exit (i32.const 99))))
            (i32.store (i32.const 300) (i32.const 1000))
            (call $check (call $pread (i32.load (i32.const 200))
              (i32.const 300) (i32.const 1) (i64.const 0) (i32.const 308)))
            (call $check (call $write (i32.const 1)
              (i32.const 300) (i32.const 1) (i32.const 312)))))"#,
    )
    .unwrap()
}

/// A program that appends to `new.txt` below its first preopen until a call fails, and exits
/// with the error number.
pub(crate) fn writes_until_an_error() -> Vec<u8> {
    wat::parse_str(
        r#"(module
          (import "wasi_snapshot_preview1" "path_open" (func $path_open
            (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write
            (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 100) "new.txt")
          ;; A buffer of 4 KiB at address 0.
          (data (i32.const 304) "\00\10")
          (func $check (param $errno i32)
            (if (local.get $errno) (then (call $exit (local.get $errno)))))
          (func (export "_start")
            ;; CREAT is 1; the right is to write.
            (call $check (call $path_open (i32.const 3) (i32.const 0)
              (i32.const 100) (i32.const 7) (i32.const 1)
              (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 200)))
            (loop $more
              (call $check (call $write (i32.load (i32.const 200))
                (i32.const 300) (i32.const 1) (i32.const 308)))
              (br $more))))"#,
    )
    .unwrap()
}
