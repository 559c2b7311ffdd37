//! The script of a start: one call a line.
//!
//! ```text
//! # The allocator places the texts of the calls.
//! allocator cabi_realloc
//! env "LANG=C"
//! once setup 3 "text" ["a", "b"] -> 0
//! "eval: func(code: string)" "require 'json'" -> at 4 0
//! ```
//!
//! A line is split into tokens: bare words, texts and lists of texts in the syntax of JSON,
//! both also with a `c` in front. The first word decides. For example, the third line above
//! calls `setup` with an integer, an address and a length, an address and a count. It fails
//! if the result is not 0.

use super::error::{InitError, Place};
use serde::de::DeserializeOwned;

/// A parsed script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Script {
    /// The export that allocates memory for texts.
    pub(super) allocator: Option<String>,
    /// Variables, each as `NAME=VALUE`.
    pub(super) variables: Vec<String>,
    pub(super) arguments: Vec<String>,
    pub(super) calls: Vec<Call>,
}

/// A call of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) place: Place,
    pub(super) export: String,
    /// Whether later calls of the export do nothing.
    pub(super) is_once: bool,
    pub(super) arguments: Vec<Argument>,
    pub(super) check: Option<Check>,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Number(i64),
    /// Address and length.
    Text(String),
    /// The address of a text that ends with a NUL.
    CText(String),
    /// Address and count of pairs of address and length.
    List(Vec<String>),
    /// The address of addresses of C texts, with a null address at the end.
    CList(Vec<String>),
}

/// The expected result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// If set, the result is an address, and the word so many bytes behind it counts.
    pub(super) offset: Option<u32>,
    /// Whether the value must differ.
    pub(super) is_negated: bool,
    pub(super) value: i64,
}

impl Call {
    /// A call without arguments that happens once.
    pub(super) fn once(export: &str, place: Place) -> Self {
        Self {
            place,
            export: export.into(),
            is_once: true,
            arguments: Vec::new(),
            check: None,
        }
    }
}

impl Script {
    /// Parses a script. Errors call it `name`.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self, InitError> {
        let mut script = Self::default();
        for (line, text) in (1..).zip(text.lines()) {
            let script_name = name.into();
            let place = Place::Line {
                script: script_name,
                line,
            };
            let tokens = tokens(text).map_err(|what| place.error(what))?;
            let added = script.add(&place, &tokens);
            added.map_err(|what| place.error(what))?;
        }
        if script.calls.is_empty() {
            let last = text.lines().count().max(1);
            let script = name.into();
            let place = Place::Line { script, line: last };
            return Err(place.error("the script ends without a call; name an export to call"));
        }
        Ok(script)
    }

    fn add(&mut self, place: &Place, tokens: &[Token]) -> Result<(), String> {
        match tokens {
            [] => {}
            [Token::Word(word), rest @ ..] if word == "allocator" => {
                self.allocator = Some(only_name(word, rest)?);
            }
            [Token::Word(word), rest @ ..] if word == "env" => {
                let variable = only_name(word, rest)?;
                if variable.find('=').is_none_or(|at| at == 0) {
                    return Err(format!("`{variable}` has no name; expected NAME=VALUE"));
                }
                self.variables.push(variable);
            }
            [Token::Word(word), rest @ ..] if word == "arg" => {
                self.arguments.push(only_name(word, rest)?);
            }
            [Token::Word(word), rest @ ..] if word == "once" => {
                self.calls.push(call(place, true, rest)?);
            }
            _ => self.calls.push(call(place, false, tokens)?),
        }
        Ok(())
    }
}

/// The only token behind a word.
fn only_name(word: &str, tokens: &[Token]) -> Result<String, String> {
    match tokens {
        [Token::Word(name) | Token::Argument(Argument::Text(name))] => Ok(name.clone()),
        _ => Err(format!("`{word}` expects one word or one text behind it")),
    }
}

fn call(place: &Place, is_once: bool, tokens: &[Token]) -> Result<Call, String> {
    let Some((name, rest)) = tokens.split_first() else {
        return Err("`once` expects the name of an export behind it".into());
    };
    let (Token::Word(export) | Token::Argument(Argument::Text(export))) = name else {
        return Err("a line starts with the name of an export; found a list".into());
    };
    let arrow = rest.iter().position(|token| token.is_word("->"));
    let (arguments, check) = rest.split_at(arrow.unwrap_or(rest.len()));
    Ok(Call {
        place: place.clone(),
        export: export.clone(),
        is_once,
        arguments: arguments.iter().map(argument).collect::<Result<_, _>>()?,
        check: check.get(1..).map(parse_check).transpose()?,
    })
}

fn argument(token: &Token) -> Result<Argument, String> {
    match token {
        Token::Argument(argument) => Ok(argument.clone()),
        Token::Word(word) => number(word).map(Argument::Number),
    }
}

fn number(word: &str) -> Result<i64, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => word.parse().ok(),
    };
    parsed
        .ok_or_else(|| format!("`{word}` is no integer, text or list; write a text as \"{word}\""))
}

/// Parses `[at OFFSET] [not] VALUE`.
fn parse_check(tokens: &[Token]) -> Result<Check, String> {
    let expected = "expected `-> VALUE`, `-> not VALUE`, or `-> at OFFSET` and one of the two";
    let words: Option<Vec<_>> = tokens.iter().map(Token::word).collect();
    let words = words.ok_or(expected)?;
    let (offset, rest) = match words.as_slice() {
        ["at", offset, rest @ ..] => {
            let offset = u32::try_from(number(offset)?);
            (Some(offset.map_err(|_| expected)?), rest)
        }
        rest => (None, rest),
    };
    let (is_negated, value) = match rest {
        ["not", value] => (true, value),
        [value] => (false, value),
        _ => return Err(expected.into()),
    };
    Ok(Check {
        offset,
        is_negated,
        value: number(value)?,
    })
}

#[derive(Debug)]
enum Token {
    Word(String),
    /// A text or a list.
    Argument(Argument),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Argument(_) => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// The tokens of a line. A `#` in front of a token starts a comment.
fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (token, len) = token(rest)?;
        tokens.push(token);
        let (_, after) = rest.split_at(len);
        if !after.is_empty() && !after.starts_with(char::is_whitespace) {
            return Err(format!("a space is missing in front of `{after}`"));
        }
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// The first token, and its length.
fn token(text: &str) -> Result<(Token, usize), String> {
    let (is_c, json) = match text.strip_prefix('c') {
        Some(json) if json.starts_with(['"', '[']) => (true, json),
        _ => (false, text),
    };
    let prefix_len = text.len() - json.len();
    if json.starts_with('"') {
        let (text, len) = parse_json::<String>(json)?;
        let argument = match is_c {
            true => Argument::CText(without_nul(text)?),
            false => Argument::Text(text),
        };
        return Ok((Token::Argument(argument), prefix_len + len));
    }
    if json.starts_with('[') {
        let (list, len) = parse_json::<Vec<String>>(json)?;
        let argument = match is_c {
            true => {
                let list = list.into_iter().map(without_nul);
                Argument::CList(list.collect::<Result<_, _>>()?)
            }
            false => Argument::List(list),
        };
        return Ok((Token::Argument(argument), prefix_len + len));
    }
    let len = text.find(char::is_whitespace).unwrap_or(text.len());
    Ok((Token::Word(text[..len].to_owned()), len))
}

/// The value at the start of `text`, and the length of its text.
fn parse_json<T: DeserializeOwned>(text: &str) -> Result<(T, usize), String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok((value, values.byte_offset())),
        Some(Err(error)) => Err(format!(
            "expected a text or a list of texts as in JSON: {error}"
        )),
        None => Err("expected a text or a list of texts as in JSON".into()),
    }
}

fn without_nul(text: String) -> Result<String, String> {
    match text.contains('\0') {
        true => Err("a C text ends at its first NUL; leave `\\u0000` out".into()),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Script, String> {
        Script::parse(text, "a.init").map_err(|error| error.to_string())
    }

    #[test]
    fn each_line_is_a_call_or_a_setting() {
        let text = "# a comment\n\nallocator cabi_realloc # too\nenv \"A=b c\"\narg x\n\
                    once setup -3 0x10 \"t\\n\" [\"a\", \"b\"] -> at 4 not 0\n\
                    \"eval: func(code: string)\" c\"d\" c[\"e\"]\n";
        let script = parse(text).unwrap();
        assert_eq!(script.allocator.as_deref(), Some("cabi_realloc"));
        assert_eq!(script.variables, ["A=b c"]);
        assert_eq!(script.arguments, ["x"]);
        let [setup, eval] = script.calls.as_slice() else {
            panic!("{script:?}");
        };
        assert!(setup.is_once && !eval.is_once);
        let list = Argument::List(vec!["a".into(), "b".into()]);
        let expected = [
            Argument::Number(-3),
            Argument::Number(16),
            Argument::Text("t\n".into()),
            list,
        ];
        assert_eq!(setup.arguments, expected);
        let check = Check {
            offset: Some(4),
            is_negated: true,
            value: 0,
        };
        assert_eq!(setup.check, Some(check));
        assert_eq!(eval.export, "eval: func(code: string)");
        let expected = [
            Argument::CText("d".into()),
            Argument::CList(vec!["e".into()]),
        ];
        assert_eq!(eval.arguments, expected);
        assert_eq!(eval.check, None);
    }

    #[test]
    fn errors_name_script_and_line() {
        for (text, words) in [
            ("a\nb x", "`a.init` line 2: `x` is no integer"),
            ("a \"b", "line 1: expected a text"),
            ("a [1]", "line 1: expected a text or a list of texts"),
            ("a \"b\"c", "line 1: a space is missing in front of `c`"),
            ("[\"a\"]", "line 1: a line starts with the name"),
            ("once", "line 1: `once` expects"),
            ("env A", "line 1: `A` has no name"),
            ("env =A", "line 1: `=A` has no name"),
            ("allocator", "line 1: `allocator` expects one word"),
            ("a ->", "line 1: expected `-> VALUE`"),
            ("a -> at -1 0", "line 1: expected `-> VALUE`"),
            ("a c\"b\\u0000\"", "line 1: a C text ends"),
            ("# none\n\n", "line 2: the script ends without a call"),
            ("", "line 1: the script ends without a call"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
