//! What patterns may be.

/// How deep alternatives (`{a,{b,c}}`) may lie in one another. Nobody means more, and
/// the crates that read patterns go into each by recursion.
const MAX_DEPTH: usize = 16;

/// Whether alternatives lie deeper in one another than patterns may have them.
pub fn is_too_deep(pattern: &str) -> bool {
    let mut depth: usize = 0;
    pattern.bytes().any(|byte| {
        depth = match byte {
            b'{' => depth + 1,
            b'}' => depth.saturating_sub(1),
            _ => depth,
        };
        depth > MAX_DEPTH
    })
}

#[cfg(test)]
mod tests {
    use super::is_too_deep;

    #[test]
    fn alternatives_may_be_many_and_not_deep() {
        assert!(!is_too_deep(&"{a,b}".repeat(1000)));
        let deep = |depth| "{".repeat(depth) + &"}".repeat(depth);
        assert!(!is_too_deep(&deep(16)));
        assert!(is_too_deep(&deep(17)));
    }
}
