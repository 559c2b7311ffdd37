//! `wasi-vfs pack --init`

use crate::app::program;
use crate::scratch::*;

/// A reactor whose `setup` reads `hello.txt` of its first preopen, and whose `show` prints it.
/// `draw` draws random bytes.
fn reactor() -> Vec<u8> {
    program(
        &["path_open", "fd_read", "fd_write", "random_get"],
        r#"
        (data (i32.const 100) "hello.txt")
        (func (export "_initialize"))
        (func (export "setup")
          (drop (call $path_open (i32.const 3) (i32.const 0)
            (i32.const 100) (i32.const 9) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
          ;; One vector of 1000 bytes at 1000.
          (i32.store (i32.const 300) (i32.const 1000))
          (i32.store (i32.const 304) (i32.const 1000))
          (drop (call $fd_read (i32.load (i32.const 200))
            (i32.const 300) (i32.const 1) (i32.const 304))))
        (func (export "draw") (drop (call $random_get (i32.const 400) (i32.const 8))))
        (func (export "show")
          (drop (call $fd_write (i32.const 1)
            (i32.const 300) (i32.const 1) (i32.const 312))))"#,
    )
}

fn scratch() -> Scratch {
    let scratch = Scratch::with_tree();
    scratch.write("reactor.wasm", &reactor());
    scratch
}

const PACK: &str = "pack reactor.wasm --dir lib::/";

#[test]
fn instances_continue_where_the_start_ended() {
    let scratch = scratch();
    scratch.write("setup.init", b"once setup # reads a file\n");
    for init in ["setup", "setup.init", "./setup.init"] {
        let output = scratch.run(&format!("{PACK} --init {init} -o out.wasm"));
        assert_success(&output);
        assert!(stderr(&output).contains(" of state added, "), "{output:?}");
        let output = scratch.run("run --invoke show out.wasm");
        assert_success(&output);
        assert_eq!(
            stdout(&output),
            stdout(&scratch.run("cat out.wasm /hello.txt"))
        );
    }
}

#[test]
fn the_same_start_packs_the_same_bytes() {
    let scratch = scratch();
    for out in ["one.wasm", "two.wasm"] {
        let draw = "--init draw --init-allow-random 1";
        assert_success(&scratch.run(&format!("{PACK} {draw} -o {out}")));
    }
    assert_eq!(scratch.read("one.wasm"), scratch.read("two.wasm"));
}

#[test]
fn a_failed_start_writes_nothing() {
    let scratch = scratch();
    scratch.write("wrong.init", b"setup\nsetup 1\n");
    for (init, words) in [
        ("none", "no function `none`"),
        ("no.init", "no function `no.init`"),
        ("wrong.init", "`wrong.init` line 2: `setup` takes ()"),
        ("draw", "--init-allow-random 1"),
        ("show --init-limit 1", "more than the limit of 1"),
    ] {
        let before = scratch.names();
        let output = scratch.run(&format!("{PACK} --init {init} -o out.wasm"));
        assert_error(&output, &[words]);
        assert_eq!(scratch.names(), before);
    }
    let output = scratch.run("pack app.wasm --dir lib::/ --init _start -o out.wasm");
    assert_error(&output, &["a command"]);
}

#[test]
fn the_script_is_never_overwritten() {
    let scratch = scratch();
    scratch.write("setup.init", b"setup\n");
    let output = scratch.run(&format!("{PACK} --init setup.init -o setup.init"));
    assert_failure(&output, 2, &["setup.init", "write to another file"]);
    assert_eq!(scratch.read("setup.init"), b"setup\n");
}

#[test]
fn options_of_a_start_need_one() {
    let output = scratch().run(&format!("{PACK} --init-allow-random 1 -o out.wasm"));
    assert_failure(&output, 2, &["--init"]);
}
