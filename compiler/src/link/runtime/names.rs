//! What the linker reads out of mangled names: which crate a symbol belongs to, for reports, and which functions only ever panic.

/// The crate that a symbol of Rust's v0 mangling belongs to; the symbol itself if it is exported under a name of its own, such as `rt.dot`.
///
/// The first crate root in the name is that of the path's beginning: for an implementation the crate that holds it.
pub(crate) fn crate_of(symbol: &str) -> &str {
    let Some(path) = symbol.strip_prefix("_R") else { return symbol };
    let Some(at) = path.find('C') else { return symbol };
    let mut rest = &path[at + 1..];
    if let Some(disambiguated) = rest.strip_prefix('s') {
        rest = disambiguated.split_once('_').map_or("", |(_, rest)| rest);
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (length, name) = rest.split_at(digits);
    let name = name.strip_prefix('_').unwrap_or(name);
    length.parse().ok().and_then(|length: usize| name.get(..length)).unwrap_or(symbol)
}

/// Functions that format a message nobody can see, since there is no standard error, and then trap: it is enough that they trap. The list
/// holds ends of mangled names; each function is one that never returns (`-> !`).
const PANICS: [&str; 27] = [
    "4core4cell22panic_already_borrowed",
    "4core4cell30panic_already_mutably_borrowed",
    "4core6option13expect_failed",
    "4core6option13unwrap_failed",
    "4core6result13unwrap_failed",
    "4core9panicking5panic",
    "4core9panicking9panic_fmt",
    "4core9panicking9panic_str",
    "4core9panicking9panic_nounwind",
    "4core9panicking13panic_display",
    "4core9panicking14panic_explicit",
    "4core9panicking18panic_bounds_check",
    "4core9panicking18panic_nounwind_fmt",
    "4core9panicking19assert_failed_inner",
    "4core9panicking19panic_cannot_unwind",
    "4core9panicking30panic_null_pointer_dereference",
    "4core3num22from_ascii_radix_panic",
    "4core3str16slice_error_fail",
    "4core3str19slice_error_fail_rt",
    "5slice5index16slice_index_fail",
    "5slice29copy_from_slice_impl15len_mismatch_fail",
    "5alloc5alloc18handle_alloc_error",
    "5alloc7raw_vec12handle_error",
    "5alloc7raw_vec17capacity_overflow",
    "3std5alloc8rust_oom",
    "7___rustc17rust_begin_unwind",
    "7___rustc26___rust_alloc_error_handler",
];

/// Whether a function does nothing but panic.
pub(crate) fn never_returns(symbol: &str) -> bool {
    let arithmetic = symbol.contains("4core9panicking11panic_const");
    symbol.starts_with("_R") && (arithmetic || PANICS.iter().any(|end| symbol.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::{crate_of, never_returns};

    #[test]
    fn crates() {
        assert_eq!(crate_of("_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt"), "core");
        assert_eq!(crate_of("_RNvMNtNtCsgXGp5Oqx2Ny_4core4char7methodsc16escape_debug_ext"), "core");
        assert_eq!(crate_of("_RINvNtC5alloc3vec4from"), "alloc");
        assert_eq!(crate_of("rt.dot"), "rt.dot");
        assert_eq!(crate_of("_RNvC"), "_RNvC");
    }

    #[test]
    fn panics() {
        assert!(never_returns("_RNvNtCsgXGp5Oqx2Ny_4core9panicking9panic_fmt"));
        assert!(never_returns(
            "_RNvNtNtCsgXGp5Oqx2Ny_4core9panicking11panic_const24panic_const_div_overflow"
        ));
        assert!(!never_returns("_RNvNtCsgXGp5Oqx2Ny_4core3fmt5write"));
        assert!(!never_returns("rt.raise"));
    }
}
