//! Names near to one that does not exist, for hints.

/// Longest name that is compared, and most names that it is compared with: hints are a convenience and may not take long.
const LENGTH: usize = 200;
const NAMES: usize = 2000;

/// `did you mean …?` with up to three names near to `name`; `None` if there are none.
pub(crate) fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let found: Vec<String> = nearest(name, candidates).into_iter().map(|near| format!("`{near}`")).collect();
    (!found.is_empty()).then(|| format!("did you mean {}?", found.join(" or ")))
}

/// Up to three names that are nearest to `name`. A third of the characters may differ.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if name.len() > LENGTH {
        return Vec::new();
    }
    let most = name.chars().count() / 3;
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .take(NAMES)
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= 4 * most && candidate.len() <= 2 * LENGTH)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    found.sort_unstable();
    found.dedup();
    // Names that are further away say nothing beside a nearer one.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance == best);
    found.truncate(3);
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let names = ["allow", "deny", "allowed", "a"];
        assert_eq!(nearest("allwo", names), ["allow"]);
        assert_eq!(hint("alow", names).as_deref(), Some("did you mean `allow`?"));
        assert_eq!(hint("something", names), None);
        assert_eq!(nearest("x", ["a", "xyz"]), [""; 0]);
        assert_eq!(nearest("usr", ["user", "use", "xyz"]), ["use", "user"]);
    }
}
