//! Conflicts of complete rules and functions: which place each value comes from, and what happens when two values differ.
//!
//! The runtime lists every value that differs from the first one, with its place. Where all values of a function come from one place nothing has to be
//! known; else a Wasm local says where the first value came from: one constant more where a value is assigned. When values differ, the
//! result becomes `ERROR`, the rule is left, and the rules behind it are tried as ever; what they give differs from `ERROR` too, and so comes to the list. The
//! function returns its result in the end, and with it the error.
//!
//! That needs a function that returns nothing but its result. In others, which only plans that somebody else wrote can have, the first conflict ends the
//! function and nothing is listed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use warrego_abi as abi;

use super::emit::{I, M, WasmLocal};
use super::function::Body;
use super::{Context, Error};
use crate::ir::{Block, Local, Location, Op, Operand};
use crate::link::object::ValType;
use crate::optimise::constants::Const;
use crate::optimise::{Function, access};

/// The number of a place in its function, in the order of the source.
type Site = u32;

/// Where the values of a function come from.
pub(super) struct Places {
    /// The message, then file, row and column of each place: the word of a static array, once a conflict asked for it.
    table: Option<abi::Word>,
    /// The places of assignments, by position in the source.
    sites: Rc<BTreeMap<Place, Site>>,
    /// For the result and for what single rules give: where that comes from, if there is one place.
    single: Rc<HashMap<Local, Site>>,
    /// For the others the Wasm local that remembers it.
    kept: HashMap<Local, WasmLocal>,
}

/// The name of the file, row and column.
type Place = (String, u32, u32);

/// Where the value of a local comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// There is one place.
    One(Site),
    /// The Wasm local that remembers it.
    Kept(WasmLocal),
    /// The frame of a function in parts, and where in it that is remembered.
    Slot(WasmLocal, u32),
}

impl Places {
    /// Nothing if the function's conflicts are not listed.
    pub fn find(context: &Context<'_, '_>, function: &Function) -> Option<Self> {
        let result = function.func.result;
        let mut conflicts = false;
        let mut fits = !function.func.params.contains(&result);
        access::walk(&function.func.blocks, &mut |op| match op {
            Op::AssignVarOnce { target, .. } => conflicts |= *target == result || function.values.contains(target),
            Op::ReturnLocal { source } => fits &= *source == result,
            Op::ResetLocal { target } => fits &= *target != result,
            _ => {}
        });
        if !conflicts || !fits {
            return None;
        }
        let mut sources: HashMap<Local, BTreeSet<Place>> = HashMap::new();
        let mut handed_over = BTreeSet::new();
        each_assignment(function, &mut |source, target, location| match source {
            Operand::Local(value) if function.values.contains(&value) => {
                handed_over.insert(value);
            }
            _ => {
                sources.entry(target).or_default().insert(place(context, location));
            }
        });
        let all: BTreeSet<Place> = sources.values().flatten().cloned().collect();
        let sites: BTreeMap<Place, Site> = all.into_iter().zip(0..).collect();
        let handed_over: Vec<Place> = handed_over
            .iter()
            .filter_map(|value| sources.get(value))
            .flatten()
            .cloned()
            .collect();
        sources.entry(result).or_default().extend(handed_over);
        let mut single = HashMap::new();
        for (local, own) in sources {
            if let (Some(first), 1) = (own.first(), own.len()) {
                single.insert(local, sites.get(first).copied().unwrap_or_default());
            }
        }
        Some(Self {
            table: None,
            sites: Rc::new(sites),
            single: Rc::new(single),
            kept: HashMap::new(),
        })
    }

    /// The same for another Wasm function of the plan's.
    pub fn for_part(&self) -> Self {
        Self {
            table: self.table,
            sites: Rc::clone(&self.sites),
            single: Rc::clone(&self.single),
            kept: HashMap::new(),
        }
    }

    /// The locals whose values come from several places.
    pub fn kept(&self, function: &Function) -> Vec<Local> {
        let listed = function.values.iter().copied().chain([function.func.result]);
        listed.filter(|local| !self.single.contains_key(local)).collect()
    }
}

fn place(context: &Context<'_, '_>, location: Location) -> Place {
    let file = context.optimised.policy.statics.files.get(location.file as usize);
    (file.map(|file| file.value.clone()).unwrap_or_default(), location.row, location.col)
}

/// Calls `f` with source, target and place of what assigns the result or what a single rule gives, but for defaults, which conflict with nothing.
fn each_assignment(function: &Function, f: &mut impl FnMut(Operand, Local, Location)) {
    fn walk(blocks: &[Block], function: &Function, f: &mut impl FnMut(Operand, Local, Location)) {
        for block in blocks {
            for stmt in &block.stmts {
                match stmt.op {
                    Op::IsUndefined { source } if source == function.func.result => break,
                    Op::AssignVarOnce { source, target } | Op::AssignVar { source, target }
                        if target == function.func.result || function.values.contains(&target) =>
                    {
                        f(source, target, stmt.location);
                    }
                    _ => walk(access::blocks(&stmt.op), function, f),
                }
            }
        }
    }
    walk(&function.func.blocks, function, f);
}

impl Body<'_, '_, '_> {
    /// Sets a local, or compares with what it holds: other values are conflicts.
    pub(super) fn assign_once(&mut self, source: Operand, target: Local, location: Location) -> Result<(), Error> {
        self.get(target);
        self.emit.op(I::I64Eqz).open_if();
        self.operand(source)?;
        self.store(target);
        self.keep_place(source, target, location);
        self.emit.op(I::Else);
        self.get(target);
        self.operand(source)?;
        self.emit.runtime("rt.equal").op(I::I32Eqz).open_if();
        if self.places.is_none() {
            self.conflict(location)?;
        } else {
            self.list_conflict(source, target, location)?;
        }
        self.emit.end().end();
        Ok(())
    }

    /// Behind an assignment: remembers where the value came from, if that is to be known.
    pub(super) fn keep_place(&mut self, source: Operand, target: Local, location: Location) {
        if self.is_listed(target) && self.comes_from_a_place(source, location) {
            match self.origin(target) {
                Origin::One(_) => {}
                Origin::Kept(kept) => {
                    self.push_site(source, location);
                    self.emit.set(kept);
                }
                Origin::Slot(frame, offset) => {
                    self.emit.get(frame);
                    self.push_site(source, location);
                    self.emit.op(I::I64ExtendI32U).mem(M::I64Store, offset);
                }
            }
        }
    }

    fn is_listed(&self, target: Local) -> bool {
        self.places.is_some() && (target == self.function.func.result || self.function.values.contains(&target))
    }

    /// Adds a value to the list of conflicting ones; goes on behind the rule.
    fn list_conflict(&mut self, source: Operand, target: Local, location: Location) -> Result<(), Error> {
        let result = self.function.func.result;
        let table = self.table()?;
        self.emit.i64(table);
        self.push_site(source, location);
        self.operand(source)?;
        if target == result {
            self.get(result);
            self.push_origin(result);
            self.emit.runtime("rt.conflict_value");
            self.store(result);
        } else {
            self.get(target);
            self.push_origin(target);
            self.get(result);
            self.push_origin(result);
            self.emit.runtime("rt.conflict_within");
            self.store(result);
            // Nothing is handed over any more.
            self.emit.i64(abi::UNDEFINED);
            self.store(target);
        }
        self.leave_rule();
        Ok(())
    }

    fn comes_from_a_place(&self, source: Operand, location: Location) -> bool {
        self.value(source).is_some() || self.site(location).is_some()
    }

    /// What a single rule gave, if the operand is that.
    fn value(&self, source: Operand) -> Option<Local> {
        match source {
            Operand::Local(value) if self.function.values.contains(&value) => Some(value),
            _ => None,
        }
    }

    fn site(&self, location: Location) -> Option<Site> {
        let sites = &self.places.as_ref()?.sites;
        sites.get(&place(self.context, location)).copied()
    }

    /// Puts the place of what is assigned on the stack.
    fn push_site(&mut self, source: Operand, location: Location) {
        match self.value(source) {
            Some(value) => self.push_origin(value),
            None => {
                let site = self.site(location).unwrap_or_default();
                self.emit.i32(site);
            }
        }
    }

    /// Puts the place of a local's value on the stack.
    fn push_origin(&mut self, local: Local) {
        match self.origin(local) {
            Origin::One(site) => self.emit.i32(site),
            Origin::Kept(kept) => self.emit.get(kept),
            Origin::Slot(frame, offset) => self.emit.get(frame).mem(M::I64Load, offset).op(I::I32WrapI64),
        };
    }

    /// Where a local's value comes from; declares the local that remembers it.
    fn origin(&mut self, local: Local) -> Origin {
        let places = self.places.as_ref();
        if let Some(&site) = places.and_then(|places| places.single.get(&local)) {
            return Origin::One(site);
        }
        if let Some(part) = &self.part
            && let Some(offset) = part.plan.origin(local)
        {
            return Origin::Slot(part.frame, offset);
        }
        if let Some(&kept) = places.and_then(|places| places.kept.get(&local)) {
            return Origin::Kept(kept);
        }
        let kept = self.emit.local(ValType::I32);
        if let Some(places) = &mut self.places {
            places.kept.insert(local, kept);
        }
        Origin::Kept(kept)
    }

    /// The word of the message and the places.
    pub(super) fn table(&mut self) -> Result<abi::Word, Error> {
        if let Some(table) = self.places.as_ref().and_then(|places| places.table) {
            return Ok(table);
        }
        let mut items = vec![Const::String(self.conflict_message().into())];
        for (file, row, col) in self.places.iter().flat_map(|places| places.sites.keys()) {
            items.push(Const::String(file.as_str().into()));
            items.extend([row, col].map(|number| Const::Number(number.to_string().into())));
        }
        let table = self.context.data.constant(&Const::Array(items.into()))?;
        if let Some(places) = &mut self.places {
            places.table = Some(table);
        }
        Ok(table)
    }

    /// Raises a conflict at a place and returns it.
    fn conflict(&mut self, location: Location) -> Result<(), Error> {
        let message = self.conflict_message();
        let file = self.context.file(location)?;
        let code = self.context.data.string(b"eval_conflict_error")?;
        let message = self.context.data.string(message.as_bytes())?;
        self.emit.i32(abi::error_kind::CONFLICT).i64(code).i64(message).runtime("rt.raise");
        self.emit.i64(file).i32(location.row).i32(location.col).runtime("rt.locate");
        self.leave_function();
        Ok(())
    }

    fn conflict_message(&self) -> String {
        let func = &self.function.func;
        // `g0.data.a.b`: the generation is the plan's affair.
        let path = func.name.split_once('.').map_or(func.name.as_str(), |(_, path)| path);
        if func.params.len() > 2 + func.replaced as usize {
            format!("function {path} produced conflicting values for the same inputs")
        } else {
            format!("rule {path} produced conflicting values")
        }
    }
}
