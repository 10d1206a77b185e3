//! Comparisons: of a value with a constant they need no call in most cases, and none that looks at types.

use warrego_abi as abi;

use super::Error;
use super::data::small_int;
use super::emit::{I, Label, M};
use super::function::Body;
use crate::ir::{Location, Op, Operand, Stmt};
use crate::link::object::ValType;
use crate::optimise::constants::Const;

/// Strings up to this length are compared with constants eight bytes at a time in line; longer ones by a call.
const INLINE: usize = 64;

/// A comparison of numbers that small integers decide in one instruction.
fn integer_comparison(name: &str) -> Option<I> {
    Some(match name {
        "lt" => I::I64LtS,
        "lte" => I::I64LeS,
        "gt" => I::I64GtS,
        "gte" => I::I64GeS,
        _ => return None,
    })
}

impl<'a> Body<'a, '_, '_> {
    /// A comparison by a built-in whose result is only asked whether it is false is a comparison statement.
    pub(super) fn fused(&mut self, stmt: &'a Stmt, next: Option<&'a Stmt>) -> Result<bool, Error> {
        let (
            Op::Call { func, args, result },
            Some(Op::NotEqual {
                a,
                b: Operand::Bool(false),
            }),
        ) = (&stmt.op, next.map(|next| &next.op))
        else {
            return Ok(false);
        };
        let [left, right] = args.as_slice() else { return Ok(false) };
        if *a != Operand::Local(*result) || self.uses(*result) != 1 {
            return Ok(false);
        }
        match func.as_str() {
            "equal" | "eq" => self.equal(*left, *right, true)?,
            "neq" => self.equal(*left, *right, false)?,
            name => match integer_comparison(name) {
                Some(op) => self.order(op, name, *left, *right, stmt.location)?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Undefined unless the operands are equal (or, with `want` false, unless they differ).
    pub(super) fn equal(&mut self, a: Operand, b: Operand, want: bool) -> Result<(), Error> {
        match (self.constant(a), self.constant(b)) {
            (Some(a), Some(b)) if a.is_scalar() && b.is_scalar() && !matches!((&a, &b), (Const::Number(_), Const::Number(_))) => {
                if (a == b) != want {
                    self.undefined();
                }
                Ok(())
            }
            (Some(constant), _) => self.equal_constant(b, a, &constant, want),
            (None, Some(constant)) => self.equal_constant(a, b, &constant, want),
            (None, None) => {
                self.call_equal(a, b)?;
                self.decide(want);
                Ok(())
            }
        }
    }

    fn equal_constant(&mut self, value: Operand, constant: Operand, known: &Const, want: bool) -> Result<(), Error> {
        match known {
            Const::Null | Const::Bool(_) => {
                self.operand(value)?;
                self.operand(constant)?;
                self.emit.op(I::I64Eq);
                self.decide(want);
            }
            Const::String(text) if text.len() <= INLINE => self.equal_text(value, constant, text.clone().as_bytes(), want)?,
            Const::Number(text) if small_int(text).is_some() => self.equal_integer(value, constant, want)?,
            _ => {
                self.call_equal(value, constant)?;
                self.decide(want);
            }
        }
        Ok(())
    }

    /// The same word is the same integer; another small integer is another; `1.0` is for the call.
    fn equal_integer(&mut self, value: Operand, constant: Operand, want: bool) -> Result<(), Error> {
        let equal = self.emit.local(ValType::I32);
        self.operand(value)?;
        self.operand(constant)?;
        self.emit.op(I::I64Eq).tee(equal).op(I::I32Eqz).open_if();
        self.operand(value)?;
        self.emit.i64(abi::TAG_MASK).op(I::I64And).i64(abi::INT).op(I::I64Ne).open_if();
        self.call_equal(value, constant)?;
        self.emit.set(equal).end().end();
        self.emit.get(equal);
        self.decide(want);
        Ok(())
    }

    /// The value's tag and length, then its bytes, eight at a time (the last eight overlap).
    fn equal_text(&mut self, value: Operand, constant: Operand, text: &[u8], want: bool) -> Result<(), Error> {
        // Where they differ: undefined, or (when that is what is wanted) behind the comparison.
        let differ = if want { None } else { Some(self.emit.block()) };
        self.operand(value)?;
        self.operand(constant)?;
        self.emit.op(I::I64Xor).op(I::I32WrapI64);
        self.differ_if(differ);
        let address = self.emit.local(ValType::I32);
        self.operand(value)?;
        self.emit.i64(32).op(I::I64ShrU).op(I::I32WrapI64).set(address);
        for (offset, piece) in pieces(text) {
            self.emit.get(address);
            match piece {
                Piece::Eight(bytes) => self.emit.mem(M::I64Load, offset).i64(bytes).op(I::I64Ne),
                Piece::Four(bytes) => self.emit.mem(M::I32Load, offset).i32(bytes).op(I::I32Ne),
                Piece::Two(bytes) => self.emit.mem(M::I32Load16U, offset).i32(bytes.into()).op(I::I32Ne),
                Piece::One(byte) => self.emit.mem(M::I32Load8U, offset).i32(byte.into()).op(I::I32Ne),
            };
            self.differ_if(differ);
        }
        if differ.is_some() {
            self.undefined();
            self.emit.end();
        }
        Ok(())
    }

    fn differ_if(&mut self, behind: Option<Label>) {
        match behind {
            None => self.undefined_if(),
            Some(label) => {
                self.emit.br_if(label);
            }
        }
    }

    /// Undefined unless the order holds.
    fn order(&mut self, op: I, name: &str, left: Operand, right: Operand, location: Location) -> Result<(), Error> {
        let (a, b) = (self.emit.local(ValType::I64), self.emit.local(ValType::I64));
        self.operand(left)?;
        self.emit.set(a);
        self.operand(right)?;
        self.emit.set(b);
        // Both tags are those of small integers; the tag is the same below both, so the words compare as the integers do.
        for local in [a, b] {
            self.emit.get(local).i64(abi::TAG_MASK).op(I::I64And).i64(abi::INT).op(I::I64Eq);
        }
        self.emit.op(I::I32And);
        let holds = self.emit.local(ValType::I32);
        self.emit.open_if();
        self.emit.get(a).get(b).op(op).set(holds).op(I::Else);
        let target = self.context.builtin(name, 2, location)?;
        self.emit.get(a).get(b).call(target);
        self.emit.i64(abi::TRUE).op(I::I64Eq).set(holds).end();
        self.emit.get(holds).op(I::I32Eqz);
        self.undefined_if();
        Ok(())
    }

    fn call_equal(&mut self, a: Operand, b: Operand) -> Result<(), Error> {
        self.operand(a)?;
        self.operand(b)?;
        self.emit.runtime("rt.equal");
        Ok(())
    }

    /// The `i32` on the stack tells whether the operands are equal.
    fn decide(&mut self, want: bool) {
        if want {
            self.emit.op(I::I32Eqz);
        }
        self.undefined_if();
    }
}

enum Piece {
    Eight(u64),
    Four(u32),
    Two(u16),
    One(u8),
}

/// Loads that together cover the text, as few as can be.
fn pieces(text: &[u8]) -> Vec<(u32, Piece)> {
    let mut found = Vec::new();
    let word = |at: usize, length: usize| {
        text[at..at + length]
            .iter()
            .rev()
            .fold(0_u64, |word, &byte| word << 8 | u64::from(byte))
    };
    let mut at = 0;
    while at < text.len() {
        let (step, piece) = match text.len() - at {
            8.. => (8, Piece::Eight(word(at, 8))),
            _ if text.len() >= 8 => {
                found.push((text.len() as u32 - 8, Piece::Eight(word(text.len() - 8, 8))));
                break;
            }
            4.. => (4, Piece::Four(word(at, 4) as u32)),
            _ if text.len() >= 4 => {
                found.push((text.len() as u32 - 4, Piece::Four(word(text.len() - 4, 4) as u32)));
                break;
            }
            2.. => (2, Piece::Two(word(at, 2) as u16)),
            _ => (1, Piece::One(text[at])),
        };
        found.push((at as u32, piece));
        at += step;
    }
    found
}
