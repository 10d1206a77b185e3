//! What differs from OPA on purpose: the table in `differences.md`, one case a row: part, case, reason. A case that is listed is not a failure;
//! one that is listed and does not differ any more is a mistake in the list.

use crate::Part;
use crate::report::Verdict;

/// The list.
const LIST: &str = include_str!("../differences.md");

/// Part and case of each row.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = LIST.lines().filter_map(|line| {
        let mut columns = line.strip_prefix('|')?.split('|').map(|column| column.trim().trim_matches('`'));
        Some((columns.next()?, columns.next()?))
    });
    // Head and rule of the table.
    rows.skip(2)
}

/// Marks the verdicts on cases that are listed.
pub fn mark(part: Part, verdicts: &mut [Verdict]) {
    for verdict in verdicts {
        verdict.listed = rows().any(|row| row == (part.name(), verdict.case.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::rows;
    use crate::PARTS;

    #[test]
    fn the_list_is_short_and_names_parts() {
        assert!(rows().count() <= 20);
        for (part, case) in rows() {
            assert!(PARTS.iter().any(|known| known.name() == part), "{part}: {case}");
        }
    }
}
