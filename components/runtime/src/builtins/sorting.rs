//! Sorting an array: merge sort, stable, on words. `slice::sort` of the standard library is several times larger in code.

use crate::collections::Array;
use crate::compare::compare;
use crate::mem;
use crate::value::Value;
use core::cmp::Ordering;

/// A sorted copy.
pub fn sorted(array: Array) -> Array {
    let len = array.len();
    let mut from = Array::from_values(array.iter());
    if from.len() != len || in_order(from) {
        return from;
    }
    let mut to = Array::from_values(array.iter());
    if to.len() != len {
        return to;
    }
    let mut run = 1u32;
    while run < len {
        let mut start = 0;
        while start < len {
            let middle = start.saturating_add(run).min(len);
            let end = middle.saturating_add(run).min(len);
            merge(from.items(), to.items(), start, middle, end);
            start = end;
        }
        (from, to) = (to, from);
        run = run.saturating_mul(2);
    }
    from
}

fn in_order(array: Array) -> bool {
    let mut values = array.iter();
    let Some(mut last) = values.next() else {
        return true;
    };
    for value in values {
        if compare(last, value) == Ordering::Greater {
            return false;
        }
        last = value;
    }
    true
}

/// Merges the runs `start..middle` and `middle..end` of the words at `from` into those at `to`.
fn merge(from: u32, to: u32, start: u32, middle: u32, end: u32) {
    let word = |at: u32| mem::load64(from + at * 8);
    let (mut left, mut right) = (start, middle);
    for at in start..end {
        let take_left =
            right >= end || left < middle && compare(Value::from_word(word(left)), Value::from_word(word(right))) != Ordering::Greater;
        let source = if take_left { &mut left } else { &mut right };
        mem::store64(to + at * 8, word(*source));
        *source += 1;
    }
}
