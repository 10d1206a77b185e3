//! Runs a target on bytes made at random: `proptest` makes them, catches panics and looks for the smallest case that still fails.
//!
//! The seed and the number of cases are fixed unless `PROPTEST_RNG_SEED` and `PROPTEST_CASES` say otherwise, so a run that finds nothing is the same everywhere
//! and has an end. Failing cases are not kept in files of their own: what was wrong becomes a case of the tests it belongs to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;

use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::{Case, Choices};

/// How often a target's cases went which way.
pub type Outcomes = BTreeMap<&'static str, u32>;

/// How long a failing case is cut down.
const SHRINK_MS: u32 = 60_000;

/// Runs a target on `cases` cases, each made from up to `bytes` bytes.
///
/// # Panics
/// The target failed; the message shows the case.
pub fn run<C: Case>(cases: u32, bytes: usize) -> Outcomes {
    // The defaults are what the environment says.
    let mut config = Config::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(1);
    }
    if env::var_os("PROPTEST_MAX_SHRINK_TIME").is_none() {
        config.max_shrink_time = SHRINK_MS;
    }
    config.failure_persistence = None;
    let outcomes = RefCell::new(Outcomes::new());
    let made = vec(any::<u8>(), 0..=bytes).prop_map(|bytes| C::make(&mut Choices::new(&bytes)));
    let result = TestRunner::new(config).run(&made, |case| {
        *outcomes.borrow_mut().entry(case.check()).or_default() += 1;
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    let outcomes = outcomes.into_inner();
    println!("{outcomes:?}");
    outcomes
}
