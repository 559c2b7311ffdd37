//! Walks a tree and reads its files with Rust's standard library. The output has the
//! format of `guests/c/tree.c`, so that the two can be compared. With the variable `CHANGE`,
//! it changes the tree instead.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;
use std::{env, fs, io};

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    })
}

fn mtime(metadata: &fs::Metadata) -> String {
    let time = metadata
        .modified()
        .unwrap()
        .duration_since(UNIX_EPOCH)
        .unwrap();
    format!("{}.{:09}", time.as_secs(), time.subsec_nanos())
}

fn walk(path: &Path, lines: &mut Vec<String>) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let (name, time) = (path.display(), mtime(&metadata));
    if metadata.is_dir() {
        lines.push(format!("{name} directory {time}"));
        for entry in fs::read_dir(path)? {
            walk(&entry?.path(), lines)?;
        }
    } else if metadata.is_symlink() {
        lines.push(format!(
            "{name} link {time} {}",
            fs::read_link(path)?.display()
        ));
    } else {
        let content = fs::read(path)?;
        assert_eq!(content.len() as u64, metadata.len());
        lines.push(format!(
            "{name} file {time} {} {:x}",
            content.len(),
            fnv(&content)
        ));
    }
    Ok(())
}

#[cfg(feature = "direct-call")]
fn close_by_an_import() {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn fd_close(fd: u32) -> i32;
    }
    unsafe { fd_close(u32::MAX) };
}

/// Changes files and directories, and prints what is there then.
fn change(root: &Path) -> io::Result<()> {
    let made = root.join("made");
    fs::create_dir_all(made.join("deep/er"))?;
    fs::write(made.join("deep/a.txt"), "written\n".repeat(5000))?;
    let mut file = OpenOptions::new()
        .append(true)
        .open(root.join("hello.txt"))?;
    file.write_all(b"and more\n")?;
    fs::copy(root.join("hello.txt"), made.join("copy.txt"))?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .open(made.join("copy.txt"))?;
    file.set_len(100_000)?;
    file.seek(SeekFrom::Start(70_000))?;
    file.write_all(b"in a hole")?;
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut content)?;
    println!("copy.txt {} {:x}", content.len(), fnv(&content));
    fs::rename(made.join("deep"), root.join("moved"))?;
    println!("moved {:x}", fnv(&fs::read(root.join("moved/a.txt"))?));
    fs::remove_dir_all(root.join("dir"))?;
    fs::remove_file(root.join("empty"))?;
    for error in [
        fs::read(root.join("empty")).map(drop),
        fs::remove_dir(&made),
        File::create_new(root.join("hello.txt")).map(drop),
        fs::create_dir(root.join("hello.txt/x")),
    ] {
        println!("{}", error.expect_err("fails"));
    }
    let entries = fs::read_dir(root)?.map(|entry| Ok(entry?.file_name()));
    let mut names = entries.collect::<io::Result<Vec<_>>>()?;
    names.sort();
    println!("{names:?}");
    Ok(())
}

/// For tests of backtraces.
#[inline(never)]
fn stop(lines: &[String]) {
    panic!("stopped after {} lines", lines.len());
}

fn main() -> io::Result<()> {
    #[cfg(feature = "direct-call")]
    close_by_an_import();
    let root = env::var("ROOT").unwrap_or("/data".into());
    // A component gets no variables from the tests.
    if env::var_os("CHANGE").is_some() || env::args().any(|arg| arg == "change") {
        return change(Path::new(&root));
    }
    let mut lines = Vec::new();
    walk(Path::new(&root), &mut lines)?;
    if env::var_os("STOP").is_some() {
        stop(&lines);
    }
    lines.sort();
    for line in &lines {
        println!("{line}");
    }
    Ok(())
}
