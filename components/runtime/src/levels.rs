//! A stack of levels for walks through documents: what would be recursion, in the arena. Pieces of `PER_PIECE` levels, of which each knows the one before.
//! The first piece is allocated when the first level is pushed.

use crate::{arena, mem};

/// What is kept of a level.
pub type Level = [u32; 4];

const BYTES: u32 = 16;
const PER_PIECE: u32 = 32;

/// The levels above the current one.
pub struct Levels {
    piece: u32,
    used: u32,
}

impl Levels {
    /// No levels.
    pub const fn new() -> Levels {
        Levels { piece: 0, used: PER_PIECE }
    }

    /// Adds a level; `false` without memory.
    #[inline]
    pub fn push(&mut self, level: Level) -> bool {
        if self.used == PER_PIECE && !self.add_piece() {
            return false;
        }
        let at = self.piece + 8 + self.used * BYTES;
        mem::store64(at, u64::from(level[0]) | u64::from(level[1]) << 32);
        mem::store64(at + 8, u64::from(level[2]) | u64::from(level[3]) << 32);
        self.used += 1;
        true
    }

    /// Takes the last level added that is still there.
    #[inline]
    pub fn pop(&mut self) -> Option<Level> {
        if self.piece == 0 {
            return None;
        }
        self.used -= 1;
        let at = self.piece + 8 + self.used * BYTES;
        let level = [mem::load32(at), mem::load32(at + 4), mem::load32(at + 8), mem::load32(at + 12)];
        if self.used == 0 {
            // Pieces are left behind in the arena: whoever walks releases what it used.
            self.piece = mem::load32(self.piece);
            self.used = PER_PIECE;
        }
        Some(level)
    }

    #[cold]
    fn add_piece(&mut self) -> bool {
        let piece = arena::alloc(8 + BYTES * PER_PIECE);
        if piece == 0 {
            return false;
        }
        mem::store32(piece, self.piece);
        self.piece = piece;
        self.used = 0;
        true
    }
}

impl Default for Levels {
    fn default() -> Self {
        Levels::new()
    }
}
