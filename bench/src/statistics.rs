//! Medians, ratios, and how numbers are printed.

/// A figure, and where the middle half of what it is the median of lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Estimate {
    /// The median of some values. NaN of none.
    pub(crate) fn of(values: &[f64]) -> Self {
        Self {
            value: median(values),
            low: quantile(values, 0.25),
            high: quantile(values, 0.75),
        }
    }

    /// The median of `a` / `b`, round by round: what slows a machine down for a
    /// while slows both.
    pub(crate) fn ratio(a: &[f64], b: &[f64]) -> Self {
        let ratios: Vec<_> = a.iter().zip(b).map(|(a, b)| a / b).collect();
        Self::of(&ratios)
    }
}

/// What is counted is exact.
impl From<f64> for Estimate {
    fn from(value: f64) -> Self {
        Self {
            value,
            low: value,
            high: value,
        }
    }
}

/// The middle one; of an even count the mean of the middle two. NaN of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The median of what `part` takes out of each.
pub(crate) fn median_of<T>(samples: &[T], part: impl Fn(&T) -> f64) -> f64 {
    median(&samples.iter().map(part).collect::<Vec<_>>())
}

/// The value below which so much of them is, between neighbours in proportion.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = part * last as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    below + (above - below) * place.fract()
}

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1.50`, of two lengths.
pub(crate) fn ratio(of: u64, to: u64) -> String {
    format!("{:.2}", of as f64 / to as f64)
}

/// Three digits that count, as far as they are before or just after the point.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        99.95.. => format!("{value:.0}"),
        9.995.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_do_not_depend_on_order() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn half_of_all_values_lie_between_low_and_high() {
        let estimate = Estimate::of(&[5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(
            (estimate.low, estimate.value, estimate.high),
            (2.0, 3.0, 4.0)
        );
    }

    #[test]
    fn a_slow_round_does_not_change_a_ratio() {
        let (a, b) = ([1.0, 10.0, 2.0], [2.0, 20.0, 4.0]);
        assert_eq!(Estimate::ratio(&a, &b), Estimate::from(0.5));
    }

    #[test]
    fn a_ratio_is_of_the_same_rounds() {
        let (a, b) = ([2.0, 8.0], [1.0, 8.0]);
        assert_eq!(Estimate::ratio(&a, &b).value, 1.5);
    }

    #[test]
    fn one_value_far_off_moves_no_median() {
        assert_eq!(Estimate::of(&[1.0, 1.0, 1.0, 1.0, 900.0]).high, 1.0);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn numbers_keep_three_digits() {
        for (number, text) in [
            (0.256, "0.26"),
            (9.5, "9.50"),
            (9.999, "10.0"),
            (43.21, "43.2"),
            (99.96, "100"),
            (1234.0, "1234"),
        ] {
            assert_eq!(short(number), text);
        }
    }
}
