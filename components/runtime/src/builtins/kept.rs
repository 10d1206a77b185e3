//! What built-ins prepare from their operands and keep beyond the decision: schemas, keys. It lives outside the arena, and there is room for some of
//! it only, in number and in bytes; the oldest makes room for the new.

/// The things that were prepared last, with what they are known by.
pub struct Kept<K, T> {
    /// In the order in which they came, with the bytes of each.
    entries: Vec<(K, T, u32)>,
    most: usize,
    bytes: u32,
}

impl<K, T> Kept<K, T> {
    /// Nothing yet; room for `most` things, and for `bytes` bytes unless a thing alone has more.
    pub const fn new(most: usize, bytes: u32) -> Self {
        Self {
            entries: Vec::new(),
            most,
            bytes,
        }
    }

    /// What is known by a key that is the `same`.
    pub fn find(&self, same: impl Fn(&K) -> bool) -> Option<&T> {
        self.entries.iter().find(|(key, ..)| same(key)).map(|(_, thing, _)| thing)
    }

    /// Keeps a thing of so many bytes, and lends it.
    pub fn keep(&mut self, key: K, thing: T, size: u32) -> Option<&T> {
        let mut left = self.bytes.saturating_sub(size);
        let fit = self
            .entries
            .iter()
            .rev()
            .take(self.most.saturating_sub(1))
            .take_while(|(.., size)| {
                let fits = *size <= left;
                left = left.saturating_sub(*size);
                fits
            });
        let leaving = self.entries.len() - fit.count();
        self.entries.drain(..leaving);
        self.entries.push((key, thing, size));
        self.entries.last().map(|(_, thing, _)| thing)
    }
}

/// Makes a thing that is to be kept; gives its bytes on the heap as well.
pub fn measured<T>(make: impl FnOnce() -> T) -> (T, u32) {
    let before = used();
    let thing = make();
    (thing, used().saturating_sub(before))
}

/// Bytes on the heap.
#[cfg(target_arch = "wasm32")]
pub fn used() -> u32 {
    crate::alloc::used()
}

/// Bytes on the heap, which other targets do not count.
#[cfg(not(target_arch = "wasm32"))]
pub fn used() -> u32 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room() {
        let mut kept = Kept::new(3, 100);
        let known = |kept: &Kept<u32, u32>| kept.entries.iter().map(|(key, ..)| *key).collect::<Vec<_>>();
        for (key, size, left) in [
            (1, 10, vec![1]),
            (2, 50, vec![1, 2]),
            (3, 40, vec![1, 2, 3]),
            (4, 10, vec![2, 3, 4]),
            (5, 60, vec![4, 5]),
            (6, 200, vec![6]),
            (7, 1, vec![7]),
            (8, 100, vec![8]),
        ] {
            assert_eq!(kept.keep(key, key + 10, size), Some(&(key + 10)));
            assert_eq!(known(&kept), left);
        }
        assert_eq!(kept.find(|key| *key == 8), Some(&18));
        assert_eq!(kept.find(|key| *key == 7), None);
    }
}
