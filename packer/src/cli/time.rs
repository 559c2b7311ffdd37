//! Times as ISO 8601, in UTC.

const SECONDS_PER_DAY: i64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
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

fn date_and_time(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian
/// calendar. Counts in years that start in March, so that a leap day is the
/// last of its year and months follow one formula.
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
    fn nanoseconds_count_up_also_before_1970() {
        assert_eq!(to_the_nanosecond(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(to_the_nanosecond(5), "1970-01-01T00:00:00.000000005Z");
    }

    #[test]
    fn days_follow_each_other() {
        let mut previous = date(-200_000);
        for day in -199_999..200_000 {
            let next = date(day);
            let follows = next.2 == previous.2 + 1 || next.2 == 1 && previous.2 >= 28;
            assert!(follows && next > previous, "{previous:?} {next:?}");
            previous = next;
        }
    }
}
