//! `graph.reachable`, `graph.reachable_paths`: graphs as objects, from each node to an array or a set of its neighbours.

use super::args::{elements, type_error};
use crate::arena;
use crate::collections::{Array, Elements, Object, Set};
use crate::error;
use crate::value::Value;
use warrego_abi::error_kind;

/// The paths of `graph.reachable_paths` are no longer than this.
const PATH_MAX: u32 = 1_000;

fn operands(name: &str, graph: Value, initial: Value) -> Result<(Object, Elements), Value> {
    let Some(edges) = graph.as_object() else {
        return Err(type_error(name, 0, graph, "object"));
    };
    match elements(initial) {
        Some(initial) => Ok((edges, initial)),
        None => Err(type_error(name, 1, initial, "{array, set}")),
    }
}

/// The nodes that can be reached from some.
#[unsafe(export_name = "b.graph.reachable")]
pub extern "C" fn reachable(graph: Value, initial: Value) -> Value {
    let (graph, initial) = match operands("graph.reachable", graph, initial) {
        Ok(operands) => operands,
        Err(error) => return error,
    };
    let queue = Array::from_values(initial);
    let reached = Set::new();
    let mut next = 0;
    while let Some(node) = queue.get(next) {
        next += 1;
        if reached.contains(node) {
            continue;
        }
        if let Some(edges) = graph.get(node) {
            reached.add(node);
            let neighbours = elements(edges).into_iter().flatten();
            neighbours
                .filter(|neighbour| !reached.contains(*neighbour))
                .for_each(|neighbour| queue.push(neighbour));
        }
    }
    reached.value()
}

/// The paths found so far.
struct Paths {
    graph: Object,
    result: Set,
}

impl Paths {
    /// Follows all edges from the end of a path. `false` if it got too long.
    fn follow(&self, path: Array, neighbour: Value) -> bool {
        if arena::exhausted() || path.len() >= PATH_MAX {
            return false;
        }
        let Some(edges) = self.graph.get(neighbour) else {
            // It is no node: the path ends before it.
            self.result.add(path.value());
            return true;
        };
        let longer = Array::from_values(path.iter());
        longer.push(neighbour);
        let mut further = elements(edges).into_iter().flatten().peekable();
        if further.peek().is_none() {
            self.result.add(longer.value());
        }
        further.all(|next| {
            if longer.iter().any(|seen| crate::compare::equal(seen, next)) {
                self.result.add(longer.value());
                true
            } else {
                self.follow(longer, next)
            }
        })
    }
}

/// The paths from some nodes as far as they go, none through a node twice.
#[unsafe(export_name = "b.graph.reachable_paths")]
pub extern "C" fn reachable_paths(graph: Value, initial: Value) -> Value {
    let (graph, initial) = match operands("graph.reachable_paths", graph, initial) {
        Ok(operands) => operands,
        Err(error) => return error,
    };
    let paths = Paths { graph, result: Set::new() };
    for node in initial {
        let Some(edges) = graph.get(node) else {
            continue;
        };
        let start = Array::from_values(core::iter::once(node));
        let mut neighbours = elements(edges).into_iter().flatten().peekable();
        if neighbours.peek().is_none() {
            paths.result.add(start.value());
        }
        // Like OPA, the first step is not checked for leading back to where it began.
        if !neighbours.all(|neighbour| paths.follow(start, neighbour)) {
            return error::raise_static(error_kind::LIMIT, "depth_limit", "graph.reachable_paths: a path is too long");
        }
    }
    paths.result.value()
}
