//! Sizes in arguments, with units.

/// Parses `4096`, `64K`, `1.5MB` or `20MiB`. `K` and `KiB` are 1024 bytes, `kB` is 1000.
pub(super) fn parse_len(text: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 4096, 64K, 1.5MB or 20MiB".to_owned();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.len());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(expected()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    // Nine digits are less than a byte of any unit, and do not overflow.
    let is_fraction = (1..=9).contains(&fraction.len()) && is_digits(fraction);
    if !is_fraction || !is_digits(whole) {
        return Err(expected());
    }
    let scale = 10_u64.pow(fraction.len() as u32);
    let fraction: u64 = fraction.parse().map_err(|_| expected())?;
    let fraction = u128::from(fraction) * u128::from(factor) / u128::from(scale);
    let len = whole
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(factor));
    let len = len.and_then(|len| len.checked_add(u64::try_from(fraction).ok()?));
    len.ok_or_else(|| "expected a size below 16 EiB".to_owned())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::parse_len;

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        for (text, len) in [
            ("0", 0),
            ("4096B", 4096),
            ("64K", 65_536),
            ("64kib", 65_536),
            ("64kB", 64_000),
            ("1.5MB", 1_500_000),
            ("1.5M", 1_572_864),
            ("2GiB", 1 << 31),
            ("0.1GB", 100_000_000),
        ] {
            assert_eq!(parse_len(text), Ok(len), "{text}");
        }
    }

    #[test]
    fn other_texts_are_rejected() {
        let long = "9".repeat(30);
        for text in [
            "", "K", "-1", "+1", "1.", ".5M", "1.2.3", "1 M", "5X", "é", &long,
        ] {
            assert!(parse_len(text).is_err(), "{text}");
        }
        assert!(parse_len("18446744073709551615G").is_err());
    }
}
