//! Names that may have been meant: those that few edits away.

/// `Did you mean "a", "b", or "c"?`, with a blank before it; nothing where nothing is near.
pub fn quoted<'a>(lead: &str, typed: &str, names: impl Iterator<Item = &'a str>) -> String {
    let near: Vec<String> = near(typed, names).iter().map(|name| format!("\"{name}\"")).collect();
    listed(lead, &near)
}

/// The same for names that were chosen already.
pub fn chosen(lead: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    listed(lead, &names)
}

fn listed(lead: &str, names: &[String]) -> String {
    let names = names.get(..5).unwrap_or(names);
    match names {
        [] => String::new(),
        [only] => format!(" {lead} {only}?"),
        [first, second] => format!(" {lead} {first} or {second}?"),
        [rest @ .., last] => format!(" {lead} {}, or {last}?", rest.join(", ")),
    }
}

/// The names that are near, the nearest first.
fn near<'a>(typed: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let threshold = typed.len() * 2 / 5 + 1;
    let mut found: Vec<(usize, &str)> = names.filter_map(|name| Some((distance(typed, name, threshold)?, name))).collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Longer names are nobody's slip.
const LENGTH_MAX: usize = 128;

/// How many edits lie between two names, unless they are more than that. A difference in case is one.
fn distance(a: &str, b: &str, threshold: usize) -> Option<usize> {
    if a == b {
        return Some(0);
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    if a == b {
        return Some(1);
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > threshold || a.len().max(b.len()) > LENGTH_MAX {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, x) in a.iter().enumerate() {
        let mut left = above + 1;
        let mut corner = above;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let edited = (corner + usize::from(x != y)).min(*cell + 1).min(left + 1);
            corner = core::mem::replace(cell, edited);
            left = edited;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().filter(|edits| *edits <= threshold)
}
