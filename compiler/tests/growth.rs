//! What compiling costs: families of policies, each in two sizes, must not grow faster than the policy does, and every function that comes out must stay
//! so short that hosts make machine code of it in no time. Nothing here looks at a clock: what is counted is what the compiler allocates and writes.

mod families;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use families::FAMILIES;
use warrego_compiler::budget::{Budget, Exceeded, Gauge, on_large_stack};
use warrego_compiler::{Failure, Input, Options, Output, compile};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

/// No function of a policy has a longer body, in bytes.
const BODY_MAX: usize = 120_000;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all that is asked for is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + layout.size() as u64));
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn build(text: String, budget: Budget) -> Result<Output, Failure> {
    let input = Input {
        modules: vec![("policy.rego".to_owned(), text)],
        data: serde_json::json!({}),
    };
    let options = Options {
        queries: vec!["data.p.a".to_owned()],
        budget,
        ..Options::default()
    };
    compile(&input, &options)
}

/// What a policy costs: bytes allocated and bytes written.
fn cost(name: &str, text: String) -> (u64, u64) {
    on_large_stack(|| {
        let before = ALLOCATED.get();
        let output = build(text, Budget::default()).unwrap_or_else(|failure| panic!("{name}: {failure}: {failure:?}"));
        let allocated = ALLOCATED.get() - before;
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&output.component)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let longest = longest_body(&output.component);
        assert!(longest <= BODY_MAX, "{name}: a function has {longest} bytes");
        (allocated, output.component.len() as u64)
    })
}

fn longest_body(component: &[u8]) -> usize {
    let bodies = Parser::new(0).parse_all(component).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => Some((body.range().end - body.range().start) as usize),
        _ => None,
    });
    bodies.max().unwrap_or(0)
}

#[test]
fn cost_grows_with_the_policy() {
    // What every component costs is taken off, without what is made once for all of them.
    cost("first", "package p\n\na := 1\n".to_owned());
    let (base, base_written) = cost("base", "package p\n\na := 1\n".to_owned());
    let mut wrong = Vec::new();
    for family in FAMILIES {
        let of = |size: usize| {
            let (allocated, written) = cost(family.name, (family.text)(size));
            (
                allocated.saturating_sub(base).max(1 << 20),
                written.saturating_sub(base_written).max(20_000),
            )
        };
        let (small, large) = (of(family.size), of(family.size * 4));
        for (what, small, large, times) in [("allocates", small.0, large.0, family.allocates), ("writes", small.1, large.1, 6.0)] {
            let ratio = large as f64 / small as f64;
            if ratio > times {
                wrong.push(format!(
                    "{}: four times the policy {what} {ratio:.1} times as much ({small}, {large})",
                    family.name
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A clock that goes on by a second with each look at it, and memory by a mebibyte.
#[derive(Default)]
struct Looks(AtomicU64);

impl fmt::Debug for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looks")
    }
}

impl Gauge for Looks {
    fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn memory(&self) -> u64 {
        self.0.fetch_add(1 << 20, Ordering::Relaxed)
    }

    fn time(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Work that doubles with each level.
fn endless() -> String {
    let text = families::nested_comprehensions(60);
    assert!(text.len() < 2000);
    text
}

#[test]
fn limits_end_what_does_not_end() {
    let budget = |memory, time| Budget {
        memory,
        time,
        gauge: Some(Arc::new(Looks::default())),
    };
    let time = Duration::from_secs(20);
    let outcome = build(endless(), budget(None, Some(time)));
    assert!(
        matches!(outcome, Err(Failure::Limit(Exceeded::Time(limit))) if limit == time),
        "{outcome:?}"
    );
    let outcome = build(endless(), budget(Some(20 << 20), None));
    assert!(
        matches!(outcome, Err(Failure::Limit(Exceeded::Memory(limit))) if limit == 20 << 20),
        "{outcome:?}"
    );
    let outcome = build(
        "package p\n\na := 1\n".to_owned(),
        budget(Some(1 << 30), Some(Duration::from_secs(3600))),
    );
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn nesting_beyond_the_limit_is_an_error() {
    for (open, close) in [("[", "]"), ("(", ")"), ("{\"a\":", "}")] {
        let text = format!("package p\n\na := {}1{}\n", open.repeat(200_000), close.repeat(200_000));
        let outcome = build(text, Budget::default());
        let Err(Failure::Policy { diagnostics, .. }) = &outcome else {
            panic!("{open}: {outcome:?}");
        };
        assert!(
            diagnostics
                .iter()
                .any(|diagnostic| diagnostic.message.contains("max parsing recursion depth exceeded")),
            "{open}: {diagnostics:?}"
        );
    }
}
