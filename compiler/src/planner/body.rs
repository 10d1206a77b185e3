//! Writes the statements of one function: locals, open blocks and loops, and which operand a variable stands for.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::Error;
use super::context::ContextId;
use super::program::Program;
use super::watch::Slot;
use crate::analysis::tree::Key;
use crate::budget;
use crate::ir::{Block, DATA, INPUT, Local, Location, Op, Operand, Stmt};
use crate::syntax::ast::Name;
use crate::syntax::source::Span;

/// A block that is being written.
#[derive(Debug)]
struct Frame {
    opened: Opened,
    stmts: Vec<Stmt>,
    /// Nothing behind this place is reached.
    dead: bool,
}

/// Who closes a block.
#[derive(Debug)]
enum Opened {
    /// Somebody, at a fixed place.
    Block,
    /// A loop: who began what it is a part of.
    Scan(Scan),
    /// Like a loop, a block around an expression that is watched.
    Watch(Watch),
}

/// An expression that tells when it fails; see [`super::watch`].
#[derive(Debug)]
pub(super) struct Watch {
    /// Is set if it held.
    pub held: Local,
    /// Its number.
    pub point: i64,
    /// What is noted.
    pub slots: Vec<Slot>,
    /// Its place.
    pub location: Location,
}

#[derive(Debug)]
struct Scan {
    source: Local,
    key: Local,
    value: Local,
    location: Location,
}

/// How deep in blocks a place is; names the innermost block there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Depth(usize);

/// Which variables are bound at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark(usize);

/// See above.
#[derive(Debug)]
pub(super) struct Body<'p, 'a> {
    pub program: &'p mut Program<'a>,
    /// The `with` modifiers in force.
    pub context: ContextId,
    /// What the context's slots hold here.
    pub slots: Vec<Operand>,
    /// The place of what is being planned.
    pub location: Location,
    /// Expressions tell when they fail.
    pub watching: bool,
    /// What the next condition is to put its value in.
    pub seen: Option<Local>,
    frames: Vec<Frame>,
    next: Local,
    vars: HashMap<Name, Operand>,
    trail: Vec<Name>,
    /// Locals that hold what a path into the base documents led to.
    documents: HashSet<Local>,
    /// Locals that are known to hold sets.
    sets: HashSet<Local>,
    /// Locals that are known to hold a number, and its text.
    numbers: HashMap<Local, Rc<str>>,
}

impl<'p, 'a> Body<'p, 'a> {
    /// A function without statements so far.
    pub fn new(program: &'p mut Program<'a>, context: ContextId) -> Self {
        Self {
            program,
            context,
            slots: Vec::new(),
            location: Location::default(),
            watching: false,
            seen: None,
            frames: Vec::new(),
            next: DATA + 1,
            vars: HashMap::new(),
            trail: Vec::new(),
            documents: HashSet::new(),
            sets: HashSet::new(),
            numbers: HashMap::new(),
        }
    }

    /// A local that is not in use.
    pub fn new_local(&mut self) -> Local {
        let local = self.next;
        self.next += 1;
        local
    }

    /// Notes the place of what is planned next.
    pub fn at(&mut self, span: Span) {
        self.location = self.program.location(span);
    }

    /// Appends a statement, unless its place is never reached.
    pub fn emit(&mut self, op: Op) {
        budget::tick();
        let location = self.location;
        if let Some(frame) = self.frames.last_mut()
            && !frame.dead
        {
            frame.dead = matches!(op, Op::Break { .. } | Op::ReturnLocal { .. });
            frame.stmts.push(Stmt { op, location });
        }
    }

    /// Has a part of the policy say that it is evaluated, if that is asked for.
    pub fn cover(&mut self, span: Span) {
        if let Some(value) = self.program.part(span) {
            let (part, result) = (self.new_local(), self.new_local());
            self.emit(Op::MakeNumberInt { value, target: part });
            self.emit(Op::Call {
                func: "internal.cover".to_owned(),
                args: vec![Operand::Local(part)],
                result,
            });
        }
    }

    /// Appends statements of a finished block.
    pub fn emit_all(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut()
            && !frame.dead
        {
            frame.stmts.extend(block.stmts);
        }
    }

    /// Nothing holds here: the innermost block ends.
    pub fn fail(&mut self) {
        self.emit(Op::Break { index: 0 });
    }

    /// The innermost block.
    pub fn depth(&self) -> Depth {
        Depth(self.frames.len())
    }

    /// Whether loops have been opened since the place.
    pub fn is_inside_loop(&self, since: Depth) -> bool {
        self.frames.len() > since.0
    }

    /// Leaves the block at a depth, and those within. The body of a loop stands two levels below what is around the loop.
    pub fn leave(&mut self, block: Depth) {
        let within = self.frames.get(block.0..).unwrap_or_default();
        let levels = |frame: &Frame| if matches!(frame.opened, Opened::Scan(_)) { 2 } else { 1 };
        self.emit(Op::Break {
            index: within.iter().map(levels).sum(),
        });
    }

    /// Opens a block, has it filled, closes it and the loops that were opened in it. The variables bound in it stay bound.
    pub fn open_block(&mut self, fill: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<Block, Error> {
        self.frames.push(Frame {
            opened: Opened::Block,
            stmts: Vec::new(),
            dead: false,
        });
        let depth = self.depth();
        fill(self)?;
        self.close_loops(depth)?;
        Ok(Block {
            stmts: self.frames.pop().map(|frame| frame.stmts).unwrap_or_default(),
        })
    }

    /// The same, and what was bound inside is forgotten.
    pub fn block(&mut self, fill: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<Block, Error> {
        let mark = self.mark();
        let location = self.location;
        let block = self.open_block(fill);
        self.forget(mark);
        self.location = location;
        block
    }

    /// Opens a loop over a collection; gives its key and value.
    pub fn open_scan(&mut self, source: Operand) -> (Local, Local) {
        let (key, value) = (self.new_local(), self.new_local());
        match source {
            Operand::Local(source) => {
                let location = self.location;
                self.frames.push(Frame {
                    opened: Opened::Scan(Scan {
                        source,
                        key,
                        value,
                        location,
                    }),
                    stmts: Vec::new(),
                    dead: false,
                });
            }
            // Strings and booleans have no elements.
            Operand::StringIndex(_) | Operand::Bool(_) => self.fail(),
        }
        (key, value)
    }

    /// Opens a block around an expression that is watched, and what follows.
    pub fn open_watch(&mut self, watch: Watch) {
        self.frames.push(Frame {
            opened: Opened::Watch(watch),
            stmts: Vec::new(),
            dead: false,
        });
    }

    /// Closes the loops that were opened in the block at a depth.
    pub fn close_loops(&mut self, block: Depth) -> Result<(), Error> {
        while self.frames.len() > block.0
            && let Some(Frame { opened, stmts, .. }) = self.frames.pop()
        {
            match opened {
                Opened::Block => {}
                Opened::Scan(scan) => {
                    let op = Op::Scan {
                        source: scan.source,
                        key: scan.key,
                        value: scan.value,
                        block: Block { stmts },
                    };
                    self.emit_at(op, scan.location);
                }
                Opened::Watch(watch) => {
                    let op = Op::Block {
                        blocks: vec![Block { stmts }],
                    };
                    self.emit_at(op, watch.location);
                    self.report_failure(watch)?;
                }
            }
        }
        Ok(())
    }

    fn emit_at(&mut self, op: Op, location: Location) {
        if let Some(frame) = self.frames.last_mut()
            && !frame.dead
        {
            frame.stmts.push(Stmt { op, location });
        }
    }

    /// The variables bound so far.
    pub fn mark(&self) -> Mark {
        Mark(self.trail.len())
    }

    /// The variables bound since.
    pub fn bound_since(&self, mark: Mark) -> &[Name] {
        &self.trail[mark.0..]
    }

    /// Unbinds the variables bound since.
    pub fn forget(&mut self, mark: Mark) {
        for name in self.trail.drain(mark.0..) {
            self.vars.remove(&name);
        }
    }

    /// What a variable stands for, if it is bound.
    pub fn var(&self, name: &str) -> Option<Operand> {
        self.vars.get(name).copied()
    }

    /// Binds a variable that is not bound.
    pub fn bind(&mut self, name: &Name, operand: Operand) {
        let operand = self.pinned(operand);
        self.vars.insert(name.clone(), operand);
        self.trail.push(name.clone());
    }

    /// An operand that keeps its value: `input` and `data` are copied, since a `with` replaces them in place. So is what a path into the base documents led
    /// to, since what a variable holds is looked up by keys and no longer by paths.
    pub fn pinned(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Local(local) if matches!(local, INPUT | DATA) || self.documents.contains(&local) => {
                let target = self.new_local();
                self.emit(Op::AssignVar { source: operand, target });
                Operand::Local(target)
            }
            _ => operand,
        }
    }

    /// Notes that an operand holds what a path into the base documents led to.
    pub fn note_document(&mut self, operand: Operand) {
        if let Operand::Local(local) = operand {
            self.documents.insert(local);
        }
    }

    /// An operand as a local.
    pub fn as_local(&mut self, operand: Operand) -> Local {
        match operand {
            Operand::Local(local) => local,
            Operand::StringIndex(_) | Operand::Bool(_) => {
                let target = self.new_local();
                self.emit(Op::AssignVar { source: operand, target });
                target
            }
        }
    }

    /// Looks a key up.
    pub fn dot(&mut self, source: Operand, key: Operand) -> Operand {
        let target = self.new_local();
        self.emit(Op::Dot { source, key, target });
        Operand::Local(target)
    }

    /// A string constant.
    pub fn string(&mut self, text: &str) -> Operand {
        Operand::StringIndex(self.program.string(text))
    }

    /// Notes that a local holds a set.
    pub fn note_set(&mut self, local: Local) {
        self.sets.insert(local);
    }

    /// Whether an operand is known to be a set.
    pub fn is_set(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Local(local) if self.sets.contains(&local))
    }

    /// Notes that a local holds a number.
    pub fn note_number(&mut self, local: Local, text: &str) {
        self.numbers.insert(local, text.into());
    }

    /// The scalar that an operand is known to be.
    pub fn known(&self, operand: Operand) -> Option<Key> {
        match operand {
            Operand::StringIndex(index) => Some(Key::String(self.program.text(index).into())),
            Operand::Bool(value) => Some(Key::Bool(value)),
            Operand::Local(local) => self.numbers.get(&local).cloned().map(Key::Number),
        }
    }

    /// The error for a rewritten form that is not as it should be.
    pub fn bug(&self, span: Span, what: impl Into<String>) -> Error {
        Error::Bug { what: what.into(), span }
    }
}
