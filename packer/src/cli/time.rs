//! Times in UTC in the format of ISO 8601.

const SECONDS_PER_DAY: i64 = 86_400;
/// Days of 400 years. Then the calendar repeats.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAY: i64 = 719_468;

/// `1970-01-01T00:00:00Z`.
pub(super) fn to_the_second(ns: i64) -> String {
    let seconds = ns.div_euclid(1_000_000_000);
    format!("{}Z", date_and_time(seconds))
}

/// `1970-01-01T00:00:00.000000000Z`.
pub(super) fn to_the_nanosecond(ns: i64) -> String {
    let seconds = ns.div_euclid(1_000_000_000);
    let fraction = ns.rem_euclid(1_000_000_000);
    format!("{}.{fraction:09}Z", date_and_time(seconds))
}

/// Parses `2000-02-29` and `2000-02-29T12:30:00Z` to nanoseconds since 1970.
pub(super) fn parse(text: &str) -> Option<i64> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let number = |range| {
        whole
            .get::<std::ops::Range<usize>>(range)?
            .parse::<i64>()
            .ok()
    };
    let day = day(number(0..4)?, number(5..7)?, number(8..10)?);
    let second = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    let ns = (day * SECONDS_PER_DAY + second).checked_mul(1_000_000_000)?;
    // A day or hour that does not exist is formatted as another one.
    (to_the_second(ns) == whole).then_some(ns)
}

/// The inverse of [`date`].
fn day(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let month = (month + 9).rem_euclid(12);
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - EPOCH_DAY
}

fn date_and_time(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// The Gregorian date of the day that is `day` days after 1970-01-01.
///
/// Computes with years that start in March. Then the leap day is the last day of a year,
/// and one formula fits all months.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + EPOCH_DAY;
    let era = day.div_euclid(DAYS_PER_ERA);
    let day = day.rem_euclid(DAYS_PER_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = match month {
        0..=9 => (month + 3, 0),
        _ => (month - 9, 1),
    };
    (era * 400 + year + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times_are_right() {
        let times = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00Z"),
            (i64::MAX, "2262-04-11T23:47:16Z"),
            (i64::MIN, "1677-09-21T00:12:43Z"),
        ];
        for (ns, text) in times {
            assert_eq!(to_the_second(ns), text);
        }
    }

    #[test]
    fn parsed_times_equal_formatted_ones() {
        for ns in [0, -1, 951_782_400, 4_107_542_399, 5_000_000_000] {
            let ns = ns * 1_000_000_000;
            assert_eq!(parse(&to_the_second(ns)), Some(ns));
        }
        assert_eq!(parse("2000-02-29"), Some(951_782_400_000_000_000));
        for text in [
            "",
            "2000",
            "2001-02-29",
            "2000-13-01",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00",
            "2000-01-01 00:00:00Z",
            "2000-01-01T00:00:00+01:00",
            "2263-01-01",
            "+200-01-01",
            "99999-01-1",
            "2000-01-é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn nanoseconds_count_up_before_1970() {
        assert_eq!(to_the_nanosecond(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(to_the_nanosecond(5), "1970-01-01T00:00:00.000000005Z");
    }

    #[test]
    fn days_follow_each_other() {
        let mut previous = date(-200_000);
        for number in -199_999..200_000 {
            let next = date(number);
            assert_eq!(day(next.0, next.1, next.2), number);
            let follows = next.2 == previous.2 + 1 || next.2 == 1 && previous.2 >= 28;
            assert!(follows && next > previous, "{previous:?} {next:?}");
            previous = next;
        }
    }
}
