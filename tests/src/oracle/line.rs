//! A line of the oracle's guest: `INDEX call name=value... => E<errno> result...`.

/// A line, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// What was asked, with its index.
    pub asked: &'a str,
    /// What was answered.
    pub answer: &'a str,
}

impl<'a> Line<'a> {
    /// Parses a line. Panics if it is malformed.
    pub fn parse(line: &'a str) -> Self {
        let (asked, answer) = line
            .split_once(" => ")
            .unwrap_or_else(|| panic!("the guest printed {line:?}"));
        Self { asked, answer }
    }

    /// The index of the operation.
    pub fn index(&self) -> usize {
        let index = self.asked.split(' ').next().and_then(|n| n.parse().ok());
        index.expect("a line begins with its index")
    }

    /// The call.
    pub fn call(&self) -> &'a str {
        self.asked.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of an argument, "" if it has none of this name.
    pub fn argument(&self, name: &str) -> &'a str {
        value(self.asked, name).unwrap_or_default()
    }

    /// An argument as a number, or 0 if it is missing.
    pub fn number(&self, name: &str) -> u64 {
        self.argument(name).parse().unwrap_or_default()
    }

    /// The errno of the call.
    pub fn errno(&self) -> u16 {
        let errno = self.answer.split(' ').next().and_then(errno_of);
        errno.expect("an answer begins with an errno")
    }

    /// A result.
    pub fn result(&self, name: &str) -> Option<&'a str> {
        value(self.answer, name)
    }

    /// A result that is an errno.
    pub fn errno_result(&self, name: &str) -> Option<u16> {
        errno_of(self.result(name)?)
    }

    /// The results, except the named one and its value.
    pub fn results_without_lookups(&self) -> String {
        let is_lookup = |word: &&str| word.starts_with("stat") || word.starts_with("new-stat");
        let words = self.answer.split(' ').filter(|word| !is_lookup(word));
        words.collect::<Vec<_>>().join(" ")
    }
}

fn value<'a>(words: &'a str, name: &str) -> Option<&'a str> {
    words
        .split(' ')
        .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn errno_of(word: &str) -> Option<u16> {
    word.strip_prefix('E')?.parse().ok()
}
