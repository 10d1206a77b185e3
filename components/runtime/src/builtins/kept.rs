//! What built-ins prepare from their operands and keep beyond the decision: schemas, keys. It lives outside the arena, and there is room for some of
//! it only; the oldest makes room for the new.

/// The things that were prepared last, with what they are known by.
pub struct Kept<K, T> {
    entries: Vec<(K, T)>,
    /// The entry that is replaced next.
    oldest: usize,
    most: usize,
}

impl<K, T> Kept<K, T> {
    /// Nothing yet; room for `most` things.
    pub const fn new(most: usize) -> Self {
        Self {
            entries: Vec::new(),
            oldest: 0,
            most,
        }
    }

    /// What is known by a key that is the `same`.
    pub fn find(&self, same: impl Fn(&K) -> bool) -> Option<&T> {
        self.entries.iter().find(|(key, _)| same(key)).map(|(_, thing)| thing)
    }

    /// Keeps a thing, and lends it.
    pub fn keep(&mut self, key: K, thing: T) -> Option<&T> {
        let place = self.oldest;
        self.oldest = (place + 1) % self.most;
        match self.entries.get_mut(place) {
            Some(old) => *old = (key, thing),
            None => self.entries.push((key, thing)),
        }
        self.entries.get(place).map(|(_, thing)| thing)
    }
}
