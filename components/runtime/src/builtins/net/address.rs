//! IP addresses and networks as Go's `net` has them: 128 bits, with IPv4 addresses mapped to `::ffff:0:0/96`. An IPv6 network inside that range counts as an
//! IPv4 network for most purposes.

use crate::arena::Buffer;
use crate::number::arithmetic::format_small;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The address, with host bits if it was made from a bare address.
    pub address: u128,
    /// How many of the 128 bits are the same for all its addresses.
    pub prefix: u32,
    /// Whether it was written as IPv6.
    pub six: bool,
}

/// Whether an address is an IPv4 address.
pub fn is_four(address: u128) -> bool {
    address >> 32 == 0xffff
}

/// The bits beyond a prefix.
fn host_bits(prefix: u32) -> u128 {
    u128::MAX.checked_shr(prefix).unwrap_or(0)
}

/// Reads an address of either family; zones are not accepted.
pub fn parse_address(text: &[u8]) -> Option<u128> {
    let text = core::str::from_utf8(text).ok()?;
    match text.parse::<core::net::Ipv4Addr>() {
        Ok(four) => Some(u128::from(four.to_bits()) | 0xffff << 32),
        Err(_) => text.parse::<core::net::Ipv6Addr>().ok().map(|six| six.to_bits()),
    }
}

impl Network {
    /// Reads an address and a prefix length; host bits are dropped.
    pub fn parse(text: &[u8]) -> Option<Network> {
        let slash = text.iter().position(|byte| *byte == b'/')?;
        let (address, length) = text.split_at_checked(slash)?;
        let digits = length.get(1..).filter(|digits| !digits.is_empty())?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let length = digits.iter().fold(0u32, |n, digit| (n * 10 + u32::from(digit - b'0')).min(1000));
        let six = address.contains(&b':');
        let prefix = if six { length } else { length + 96 };
        let address = parse_address(address)?;
        (prefix <= 128).then_some(Network {
            address: address & !host_bits(prefix),
            prefix,
            six,
        })
    }

    /// The network of a bare IPv4 address: the one of its class.
    pub fn of_class(address: u128) -> Network {
        let prefix = match address as u32 >> 24 {
            0..=127 => 8,
            128..=191 => 16,
            _ => 24,
        };
        Network {
            address,
            prefix: 96 + prefix,
            six: false,
        }
    }

    /// The first of its addresses.
    pub fn first(&self) -> u128 {
        self.address & !host_bits(self.prefix)
    }

    /// The last of its addresses.
    pub fn last(&self) -> u128 {
        self.address | host_bits(self.prefix)
    }

    /// Whether an address lies in it; addresses of the other family never do.
    pub fn contains(&self, address: u128) -> bool {
        let four = is_four(self.address);
        let prefix = if four { self.prefix.max(96) } else { self.prefix };
        four == is_four(address) && (self.address ^ address) & !host_bits(prefix) == 0
    }

    /// Whether it is IPv6 in every respect.
    fn is_plain_six(&self) -> bool {
        self.six && !is_four(self.address)
    }

    /// Whether all addresses of another network lie in it.
    pub fn contains_network(&self, other: &Network) -> bool {
        if self.is_plain_six() && other.is_plain_six() {
            return self.prefix <= other.prefix && (self.address ^ other.address) & !host_bits(self.prefix) == 0;
        }
        self.contains(other.address) && self.contains(other.last())
    }

    /// Appends address and prefix length.
    pub fn write(&self, out: &mut Buffer) {
        write_address(self.address, out);
        out.push(b'/');
        let length = if is_four(self.address) {
            self.prefix.saturating_sub(96)
        } else {
            self.prefix
        };
        write_number(length, out);
    }
}

fn write_number(number: u32, out: &mut Buffer) {
    out.extend(format_small(i64::from(number), &mut [0; 20]));
}

/// Appends an address: dotted, or with colons and the longest run of zeros left out.
pub fn write_address(address: u128, out: &mut Buffer) {
    each_letter(address, &mut |letter| out.push(letter));
}

/// Gives out the letters of [`write_address`].
pub fn each_letter(address: u128, out: &mut impl FnMut(u8)) {
    if is_four(address) {
        for place in (0..4).rev() {
            format_small(i64::from((address >> (8 * place)) as u8), &mut [0; 20])
                .iter()
                .for_each(|digit| out(*digit));
            if place > 0 {
                out(b'.');
            }
        }
        return;
    }
    let group = |index: u32| (address >> (112 - 16 * index)) as u32 & 0xffff;
    let zeros_from = |start: u32| (start..8).take_while(|index| group(*index) == 0).count() as u32;
    let (mut gap, mut gap_len) = (8, 1);
    for start in 0..8 {
        let len = zeros_from(start);
        if len > gap_len {
            (gap, gap_len) = (start, len);
        }
    }
    let mut index = 0;
    while index < 8 {
        if index == gap {
            out(b':');
            out(b':');
            index += gap_len;
            continue;
        }
        if index > 0 && index != gap + gap_len {
            out(b':');
        }
        let value = group(index);
        let digits = (32 - value.leading_zeros()).div_ceil(4).max(1);
        for place in (0..digits).rev() {
            let digit = (value >> (4 * place) & 0xf) as u8;
            out(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        }
        index += 1;
    }
}

/// The networks that cover a range of addresses exactly, as few as there can be.
pub fn cover(first: u128, last: u128, out: &mut impl FnMut(Network)) {
    let mut first = first;
    loop {
        // As large as the first address allows and the last one does.
        let mut prefix = 128 - first.trailing_zeros().min(128);
        while first | host_bits(prefix) > last {
            prefix += 1;
        }
        let network = Network {
            address: first,
            prefix,
            six: !is_four(first),
        };
        out(network);
        match network.last().checked_add(1) {
            Some(next) if next <= last => first = next,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Option<Network> {
        Network::parse(text.as_bytes())
    }

    #[test]
    fn parsing() {
        assert_eq!(
            network("10.0.0.5/24").map(|n| (n.address as u32, n.prefix)),
            Some((0x0a00_0000, 120))
        );
        assert!(network("10.0.0.0/08").is_some());
        for bad in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "010.0.0.0/8",
            "10.0.0.0/8/8",
            "fe80::1%eth0/64",
            "/8",
            "::/129",
        ] {
            assert_eq!(network(bad), None, "{bad}");
        }
    }

    #[test]
    fn containment() {
        let contains = |a: &str, b: &str| network(a).zip(network(b)).map(|(a, b)| a.contains_network(&b));
        assert_eq!(contains("10.0.0.0/8", "10.1.0.0/16"), Some(true));
        assert_eq!(contains("10.1.0.0/16", "10.0.0.0/8"), Some(false));
        assert_eq!(contains("::/80", "::/80"), Some(true));
        assert_eq!(contains("::/0", "10.0.0.0/8"), Some(false));
        assert_eq!(contains("::ffff:0:0/96", "10.0.0.0/8"), Some(true));
    }

    #[test]
    fn covering() {
        let mut prefixes = Vec::new();
        cover(0xffff_0100_0000, 0xffff_03ff_ffff, &mut |network| {
            prefixes.push(network.prefix - 96)
        });
        assert_eq!(prefixes, [8, 7]);
        prefixes.clear();
        cover(0, u128::MAX, &mut |network| prefixes.push(network.prefix));
        assert_eq!(prefixes, [0]);
    }
}
