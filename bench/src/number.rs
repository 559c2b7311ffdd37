//! Medians, and numbers as people read them.

/// The middle value; of an even count the mean of the middle two. NaN of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => f64::NAN,
        Some(upper) if sorted.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(sorted[middle - 1], *upper),
    }
}

/// Whether a value of the unit depends on the load of the machine.
pub(crate) fn is_time(unit: &str) -> bool {
    [
        "CPU s",
        "CPU ms",
        "wall s",
        "ms",
        "µs",
        "ns",
        "MB/s",
        "of native",
    ]
    .contains(&unit)
}

/// Whether more is better.
pub(crate) fn is_speed(unit: &str) -> bool {
    ["MB/s", "of native"].contains(&unit)
}

/// `3.36 MB`, `16,576 KiB`, `1,157 ns`: three digits, or all before the point.
pub(crate) fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "bytes" if value >= 1e6 => format!("{} MB", short(value / 1e6)),
        "bytes" => format!("{} KB", short(value / 1e3)),
        "instructions" if value >= 1e6 => format!("{} M", short(value / 1e6)),
        "instructions" => short(value),
        unit => format!("{} {unit}", short(value)),
    }
}

/// Three digits, or all before the point, grouped by three.
fn short(value: f64) -> String {
    match value.abs() {
        99.95.. => grouped(value.round() as i64),
        9.995.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_ignores_order_and_outliers() {
        assert_eq!(median(&[3.0, 1.0, 900.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn numbers_keep_three_digits() {
        for (value, unit, text) in [
            (0.256, "CPU s", "0.26 CPU s"),
            (9.999, "ms", "10.0 ms"),
            (99.96, "ms", "100 ms"),
            (1_234_567.0, "ns", "1,234,567 ns"),
            (-1234.0, "KiB", "-1,234 KiB"),
            (3_361_939.0, "bytes", "3.36 MB"),
            (59_564.0, "bytes", "59.6 KB"),
            (8373.4, "instructions", "8,373"),
            (127_914_869.0, "instructions", "128 M"),
        ] {
            assert_eq!(with_unit(value, unit), text);
        }
    }
}
