//! An engine that refuses memory before the limit is reached.

use crate::fs::FsError;
use crate::fuzz::changes::{Driver, Step, layer, list};
use crate::open::OpenOptions;
use crate::tests::no_memory::refuse;

/// A program that needs memory in each of its calls.
fn steps() -> Vec<Step> {
    let text = |path: &str| path.to_owned();
    let create = OpenOptions {
        read: true,
        write: true,
        create: true,
        ..OpenOptions::default()
    };
    let rename = |old, new| Step::Rename(text(old), text(new));
    vec![
        Step::CreateDirectory(text("a")),
        Step::Open(text("a/new"), create),
        Step::Write(0, 0, vec![1; 10_000]),
        Step::Append(0, vec![2; 50]),
        Step::SetLen(0, 100),
        Step::Open(text("big"), create),
        Step::Write(1, 5000, vec![3; 5]),
        Step::SetLen(1, 5001),
        Step::Symlink(text("there"), text("a/link")),
        Step::Link(text("big"), text("a/again")),
        rename("d/f", "a/f"),
        rename("many", "a/many"),
        rename("a/new", "empty"),
        rename("a/again", "big"),
        Step::Unlink(text("a/many/7")),
        Step::Unlink(text("big")),
        Step::RemoveDirectory(text("d")),
    ]
}

#[test]
fn any_refused_allocation_changes_nothing() {
    let steps = steps();
    let mut error_count = 0;
    for (position, step) in steps.iter().enumerate() {
        for count in 0.. {
            let mut layer = layer(1 << 24);
            let mut driver = Driver::new(&layer);
            for step in &steps[..position] {
                driver.step(&mut layer, step).unwrap();
            }
            let before = list(&mut layer);
            let (answer, is_refused) = refuse(count, || driver.step(&mut layer, step));
            if !is_refused {
                answer.unwrap();
                break;
            }
            if let Err(error) = answer {
                // Only the number of an open file may lack memory of another kind.
                let is_open = matches!(step, Step::Open(..)) && error == FsError::NoMemory;
                assert!(
                    is_open || error == FsError::NoSpace,
                    "{step:?} {count}: {error:?}"
                );
                assert_eq!(list(&mut layer), before, "{step:?} {count}");
                error_count += 1;
                // Nothing stands in the way of a second attempt.
                driver.step(&mut layer, step).unwrap();
            }
            driver.close(&mut layer);
        }
    }
    assert!(error_count > 40, "{error_count}");
}
