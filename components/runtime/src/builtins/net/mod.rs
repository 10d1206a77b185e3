//! `net.cidr_*`: networks and addresses.

pub(super) mod address;
mod lookup;

use super::args::{elements, failure, failure_parts, type_error};
use crate::arena::{self, Buffer};
use crate::collections::{Array, Set};
use crate::error;
use crate::number;
use crate::value::{Kind, Value};
use address::{Network, cover, is_four, parse_address, write_address};
use warrego_abi::error_kind;

/// No network is expanded to more addresses than this.
const ADDRESSES_MAX: u128 = 1 << 20;

/// A network operand; OPA calls all of them operand 1.
fn network(name: &str, value: Value) -> Result<Network, Value> {
    let Some(text) = value.as_str() else {
        return Err(type_error(name, 0, value, "string"));
    };
    Network::parse(text).ok_or_else(|| failure_parts(name, &[b"invalid CIDR address: ", text]))
}

/// Whether a network contains an address or another network.
fn contains(name: &str, a: Value, b: Value) -> Result<bool, Value> {
    let outer = network(name, a)?;
    let Some(text) = b.as_str() else {
        return Err(type_error(name, 0, b, "string"));
    };
    if let Some(address) = parse_address(text) {
        return Ok(outer.contains(address));
    }
    match Network::parse(text) {
        Some(inner) => Ok(outer.contains_network(&inner)),
        None => Err(failure_parts(
            name,
            &[b"not a valid textual representation of an IP address or CIDR: ", text],
        )),
    }
}

fn boolean(result: Result<bool, Value>) -> Value {
    result.map_or_else(|error| error, Value::boolean)
}

/// Whether a network contains an address or a network.
#[unsafe(export_name = "b.net.cidr_contains")]
pub extern "C" fn cidr_contains(a: Value, b: Value) -> Value {
    boolean(contains("net.cidr_contains", a, b))
}

/// `net.cidr_contains` by its old name.
#[unsafe(export_name = "b.net.cidr_overlap")]
pub extern "C" fn cidr_overlap(a: Value, b: Value) -> Value {
    boolean(contains("net.cidr_overlap", a, b))
}

/// Whether two networks have addresses in common.
#[unsafe(export_name = "b.net.cidr_intersects")]
pub extern "C" fn cidr_intersects(a: Value, b: Value) -> Value {
    const NAME: &str = "net.cidr_intersects";
    let both = network(NAME, a).and_then(|a| Ok((a, network(NAME, b)?)));
    boolean(both.map(|(a, b)| a.contains(b.address) || b.contains(a.address)))
}

/// Whether it is a network.
#[unsafe(export_name = "b.net.cidr_is_valid")]
pub extern "C" fn cidr_is_valid(a: Value) -> Value {
    Value::boolean(a.as_str().and_then(Network::parse).is_some())
}

/// All addresses of a network.
#[unsafe(export_name = "b.net.cidr_expand")]
pub extern "C" fn cidr_expand(a: Value) -> Value {
    const NAME: &str = "net.cidr_expand";
    let network = match network(NAME, a) {
        Ok(network) => network,
        Err(error) => return error,
    };
    let count = network.last() - network.first();
    if count >= ADDRESSES_MAX {
        return error::raise_static(error_kind::LIMIT, "range_limit", "net.cidr_expand: too many addresses");
    }
    let result = Set::with_capacity(count as u32 + 1);
    for offset in 0..=count {
        let mut text = Buffer::with_capacity(40);
        write_address(network.first() + offset, &mut text);
        result.add(text.into_string());
        if arena::exhausted() {
            return Value::ERROR;
        }
    }
    result.value()
}

/// An entry of the operand of this number is no network.
struct Unfit(&'static [u8]);

impl From<Unfit> for Value {
    fn from(Unfit(position): Unfit) -> Value {
        let what: [&[u8]; 3] = [b"operand ", position, b": element must be string or non-empty array"];
        failure_parts("net.cidr_contains_matches", &what)
    }
}

/// The entries of an operand of `net.cidr_contains_matches`: what they are called, and the network. Where one does not fit, those before it, and how to fail.
fn entries(position: &'static [u8], value: Value) -> (Array, Result<(), Unfit>) {
    // Two by two.
    let result = Array::new();
    let add = |index: Value, element: Value| {
        let network = match element.as_array() {
            Some(array) => array.get(0),
            None => element.as_str().map(|_| element),
        };
        let Some(network) = network else {
            return Err(Unfit(position));
        };
        result.push(index);
        result.push(network);
        Ok(())
    };
    let outcome = match value.kind() {
        Kind::String => add(value, value),
        Kind::Array => {
            let mut elements = value.as_array().into_iter().flatten().enumerate();
            elements.try_for_each(|(index, element)| add(number::integer(index as i64), element))
        }
        Kind::Set => value.as_set().into_iter().flatten().try_for_each(|element| add(element, element)),
        Kind::Object => value
            .as_object()
            .into_iter()
            .flatten()
            .try_for_each(|(key, element)| add(key, element)),
        _ => Ok(()),
    };
    (result, outcome)
}

fn pairs(entries: Array) -> impl Iterator<Item = (Value, Value)> {
    let names = entries.iter().step_by(2);
    names.zip(entries.iter().skip(1).step_by(2))
}

fn matches(a: Value, b: Value) -> Result<Value, Value> {
    let result = Set::new();
    let (outer, outer_outcome) = entries(b"1", a);
    for (outer_name, network) in pairs(outer) {
        let (inner, inner_outcome) = entries(b"2", b);
        for (inner_name, address) in pairs(inner) {
            if contains("net.cidr_contains_matches", network, address)? {
                let pair = Array::with_capacity(2);
                pair.push(outer_name);
                pair.push(inner_name);
                result.add(pair.value());
            }
        }
        inner_outcome?;
    }
    outer_outcome?;
    Ok(result.value())
}

/// Which networks of one collection contain which addresses or networks of another.
#[unsafe(export_name = "b.net.cidr_contains_matches")]
pub extern "C" fn cidr_contains_matches(a: Value, b: Value) -> Value {
    matches(a, b).unwrap_or_else(|error| error)
}

/// A range of addresses while networks are merged.
#[derive(Clone, Copy)]
struct Range {
    first: u128,
    last: u128,
    /// The network it was made of, unless it was merged.
    network: Option<Network>,
}

fn ranges(networks: Value) -> Result<Vec<Range>, Value> {
    const NAME: &str = "net.cidr_merge";
    let Some(values) = elements(networks) else {
        return Err(failure(NAME, "operand must be an array"));
    };
    let mut result = Vec::new();
    for value in values {
        let Some(text) = value.as_str() else {
            return Err(failure(NAME, "element must be string"));
        };
        let network = match parse_address(text) {
            Some(address) if is_four(address) => Network::of_class(address),
            Some(_) => return Err(failure(NAME, "IPv6 invalid: needs prefix length")),
            None => network(NAME, value)?,
        };
        result.push(Range {
            first: network.first(),
            last: network.last(),
            network: Some(network),
        });
    }
    Ok(result)
}

fn merge(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut merged: Vec<Range> = Vec::new();
    // From the last to the first: a range that touches the one before takes it in.
    while let Some(mut range) = ranges.pop() {
        while let Some(before) = ranges.last().copied() {
            // Ranges that overlap are one even if one is of IPv4 and the other a wider one of IPv6; neighbours are if they are of a kind.
            let next_to = before.last >= range.first.saturating_sub(1) && is_four(before.last) == is_four(range.first);
            let touches = before.last >= range.first || next_to;
            if !touches {
                break;
            }
            ranges.pop();
            range = Range {
                first: range.first.min(before.first),
                last: range.last,
                network: None,
            };
        }
        merged.push(range);
    }
    merged
}

/// Networks and addresses as the fewest networks that have the same addresses.
#[unsafe(export_name = "b.net.cidr_merge")]
pub extern "C" fn cidr_merge(networks: Value) -> Value {
    let ranges = match ranges(networks) {
        Ok(ranges) => ranges,
        Err(error) => return error,
    };
    let result = Set::new();
    let mut add = |network: Network| {
        let mut text = Buffer::with_capacity(48);
        network.write(&mut text);
        result.add(text.into_string());
    };
    for range in merge(ranges) {
        match range.network {
            Some(network) => add(network),
            None => cover(range.first, range.last, &mut add),
        }
    }
    result.value()
}
