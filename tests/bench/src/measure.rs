//! Measures peers in turn, in one run: a machine that is busy for a while slows all of them down, and the least time of many rounds
//! is what a decision takes when nothing else is in the way.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::case::Input;
use crate::peers::Ready;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds; in each, every peer has one turn.
    pub rounds: u32,
    /// How long one turn takes, about.
    pub turn: Duration,
    /// How many fresh instances decide first, at most.
    pub fresh: u32,
    /// How long one peer may be at that.
    pub fresh_time: Duration,
    /// Only to see that everything runs.
    pub smoke: bool,
}

impl Effort {
    /// For figures.
    pub const FULL: Self = Self {
        rounds: 25,
        turn: Duration::from_millis(10),
        fresh: 300,
        fresh_time: Duration::from_millis(1500),
        smoke: false,
    };
    /// To see that everything runs.
    pub const SMOKE: Self = Self {
        rounds: 2,
        turn: Duration::from_millis(1),
        fresh: 3,
        fresh_time: Duration::from_millis(50),
        smoke: true,
    };
}

/// Nanoseconds of one warm decision, for each peer.
pub fn warm(peers: &mut [&mut dyn Ready], input: &Input, effort: Effort) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for peer in peers.iter_mut() {
        times.push(calibrate(*peer, input, effort.turn)?);
    }
    let mut best = vec![f64::INFINITY; peers.len()];
    for _ in 0..effort.rounds {
        for ((peer, &times), best) in peers.iter_mut().zip(&times).zip(&mut best) {
            let took = peer.run(input, times)?;
            *best = best.min(took.as_nanos() as f64 / times as f64);
        }
    }
    Ok(best)
}

/// How many decisions fill a turn; finding out warms the peer up.
fn calibrate(peer: &mut dyn Ready, input: &Input, turn: Duration) -> Result<u64> {
    let mut times = 1;
    loop {
        let took = peer.run(input, times)?;
        if took >= turn / 2 || times > 1 << 24 {
            let wanted = times as f64 * turn.as_secs_f64() / took.as_secs_f64().max(1e-9);
            return Ok((wanted as u64).max(1));
        }
        times *= 2;
    }
}

/// Microseconds from nothing to the first decision: the median of the fresh instances, for each peer.
pub fn first(peers: &mut [&mut dyn Ready], input: &Input, effort: Effort) -> Result<Vec<f64>> {
    let mut samples = vec![Vec::new(); peers.len()];
    let mut spent = vec![Duration::ZERO; peers.len()];
    for _ in 0..effort.fresh {
        for ((peer, samples), spent) in peers.iter_mut().zip(&mut samples).zip(&mut spent) {
            if *spent < effort.fresh_time {
                let start = Instant::now();
                samples.push(peer.first(input)?.as_nanos() as f64 / 1000.0);
                *spent += start.elapsed();
            }
        }
    }
    Ok(samples.into_iter().map(median).collect())
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Whether the decision is the expected one.
pub fn check(peer: &mut dyn Ready, input: &Input, unordered: bool) -> Result<()> {
    let answer = peer.decide(input)?;
    let mut answer: Value = serde_json::from_slice(&answer)?;
    let mut expected = input.expected.clone();
    if unordered {
        sort(&mut answer);
        sort(&mut expected);
    }
    ensure!(answer == expected, "wrong decision: {answer} instead of {expected}");
    Ok(())
}

/// Sorts the arrays within, since some of them stand for sets.
fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(sort);
            items.sort_by_cached_key(Value::to_string);
        }
        Value::Object(members) => {
            members.values_mut().for_each(sort);
            members.sort_keys();
        }
        _ => {}
    }
}
