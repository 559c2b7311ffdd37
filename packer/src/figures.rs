//! Lengths and counts as text, for warnings and for the command.

/// A length with a unit: `999 B`, `1.5 kB`, `14.5 MB`.
pub fn len(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    // 999.95 would be printed as 1000.0.
    while value >= 999.95 {
        match units.next() {
            Some(next) => unit = Some(next),
            None => break,
        }
        value /= 1000.0;
    }
    format!("{value:.1} {}", unit.copied().unwrap_or_default())
}

/// `1 file`, `2 files`, `2 directories`.
pub fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_a_decimal_from_1000_on() {
        let lens = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (14_532_000, "14.5 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (u64::MAX, "18446.7 PB"),
        ];
        for (bytes, text) in lens {
            assert_eq!(len(bytes), text);
        }
    }
}
