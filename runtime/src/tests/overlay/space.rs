//! The limit of changes, and memory that comes back.

use super::*;

/// Does everything once and undoes it.
fn change_and_undo(guest: &mut LayerGuest, round: u32) {
    let (directory, file) = (format!("d{round}"), format!("d{round}/f"));
    mkdir(guest, &directory).unwrap();
    let fd = create(guest, &file);
    guest.write(fd, &[1; 30_000]).unwrap();
    set_len(guest, fd, 10_000).unwrap();
    guest.symlink("target", 3, "link-made").unwrap();
    guest.rename(3, &file, 3, "vacant/moved").unwrap();
    guest.link(3, "vacant/moved", 3, &file).unwrap();
    unlink(guest, "vacant/moved").unwrap();
    unlink(guest, &file).unwrap();
    guest.close(fd).unwrap();
    unlink(guest, "link-made").unwrap();
    rmdir(guest, &directory).unwrap();
}

#[test]
fn undone_changes_take_no_more_memory() {
    let mut guest = guest();
    for round in 0..100 {
        change_and_undo(&mut guest, round);
    }
    let used = used_len(&guest);
    for round in 100..1000 {
        change_and_undo(&mut guest, round);
    }
    assert!(used_len(&guest) <= used, "{} then {used}", used_len(&guest));
    assert!(used < 6000, "{used} bytes");
}

#[test]
fn a_cut_file_gives_its_pages_back() {
    let mut guest = guest();
    let fd = create(&mut guest, "new");
    let empty = used_len(&guest);
    guest.write(fd, &[1; 200_000]).unwrap();
    assert!(used_len(&guest) > 200_000);
    set_len(&mut guest, fd, 0).unwrap();
    assert!(used_len(&guest) <= empty + 100);
}

#[test]
fn a_full_layer_loses_nothing() {
    let mut guest = Guest::with_fs(layer(50_000), 0);
    let fd = create(&mut guest, "new");
    let mut expected = Vec::new();
    loop {
        match guest.write(fd, &[expected.len() as u8; 700]) {
            Ok(written) => {
                let byte = expected.len() as u8;
                expected.resize(expected.len() + written as usize, byte);
            }
            Err(errno) => break assert_eq!(errno, Errno::NOSPC),
        }
    }
    assert!(expected.len() > 40_000);
    assert!(used_len(&guest) <= 50_000);
    assert_eq!(guest.pread(fd, 60_000, 0).unwrap(), expected);
    // Packed files stay readable, and an unlinked file makes room.
    assert_eq!(content(&mut guest, "hello"), b"hello, world");
    unlink(&mut guest, "new").unwrap();
    guest.close(fd).unwrap();
    let fd = create(&mut guest, "next");
    assert_eq!(guest.write(fd, &[2; 30_000]), Ok(30_000));
}

#[test]
fn packed_files_are_removed_from_a_full_layer() {
    let mut guest = Guest::with_fs(layer(50_000), 0);
    let fd = create(&mut guest, "new");
    while guest.write(fd, &[1; 100]).is_ok() {}
    let mut directories = (0..1000).map(|number| format!("vacant/{number}"));
    let full = directories.find_map(|path| mkdir(&mut guest, &path).err());
    assert_eq!(full, Some(Errno::NOSPC));
    for name in ["lib/a/deep", "lib/absolute", "lib/big", "hello"] {
        assert_eq!(unlink(&mut guest, name), Ok(()), "{name}");
    }
    assert_eq!(rmdir(&mut guest, "lib/a"), Ok(()));
    assert!(used_len(&guest) <= 50_000);
}

/// The calls of a small program. Each must succeed or leave everything as it was.
fn program(guest: &mut LayerGuest, step: u32) -> Result<(), Errno> {
    const WRITE: u64 = super::super::changes::READ_WRITE;
    match step {
        0 => mkdir(guest, "d"),
        1 => {
            let fd = guest.open_with(3, "d/file", 1, 1, WRITE)?;
            guest.close(fd)
        }
        2 => guest.symlink("somewhere", 3, "d/link"),
        3 => guest.rename(3, "hello", 3, "d/hello"),
        4 => guest.link(3, "lib/big", 3, "d/big"),
        5 => guest.rename(3, "lib/a", 3, "vacant"),
        6 => unlink(guest, "empty"),
        7 => guest.rename(3, "d/file", 3, "link"),
        _ => guest.rename(3, "vacant", 3, "d/vacant"),
    }
}

/// Everything that a program can see of the tree.
fn snapshot(guest: &mut LayerGuest) -> Vec<(String, [u64; 3])> {
    let mut found = Vec::new();
    let mut directories = vec![".".to_owned()];
    while let Some(directory) = directories.pop() {
        for name in names(guest, &directory) {
            let path = format!("{directory}/{name}");
            let is_directory = guest.stat(3, &path, false).unwrap()[16] == 3;
            found.push((path.clone(), stat(guest, &path)));
            if is_directory {
                directories.push(path);
            }
        }
    }
    found
}

#[test]
fn the_limit_at_any_call_changes_nothing() {
    let mut full_count = 0;
    for limit in (0..6000).step_by(8) {
        let mut guest = Guest::with_fs(layer(limit), 0);
        for step in 0..9 {
            let before = snapshot(&mut guest);
            match program(&mut guest, step) {
                Ok(()) => {}
                Err(errno) => {
                    full_count += usize::from(errno == Errno::NOSPC);
                    let allowed = [Errno::NOSPC, Errno::NOENT];
                    assert!(allowed.contains(&errno), "{limit} {step}: {errno:?}");
                    assert_eq!(snapshot(&mut guest), before, "{limit} {step}");
                }
            }
            assert!(used_len(&guest) <= limit);
        }
    }
    assert!(full_count > 100);
}
