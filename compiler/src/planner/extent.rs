//! Plans whole documents without rules of their own: an object of all that rules make below, merged with the base document, of which
//! what it has counts. Each is a function of the plan.

use super::Error;
use super::body::Body;
use super::document::Place;
use super::program::{Document, Unit};
use crate::ir::{DATA, Local, Op, Operand};

impl Body<'_, '_> {
    /// The whole document at a place without rules of its own.
    pub fn extent(&mut self, place: &Place) -> Operand {
        self.call_function(Unit::Extent(place.node), self.context, &place.path, Vec::new())
    }

    /// The body of an extent's function: leaves the document in `result`.
    pub fn plan_extent(&mut self, place: &Place, result: Local) -> Result<(), Error> {
        let virtual_document = self.virtual_extent(place)?;
        let merged = self.block(|body| {
            let outer = body.depth();
            let both = body.block(|body| {
                let base = body.base_at(&place.path);
                if place.path.is_empty() {
                    body.emit(Op::IsDefined { source: DATA });
                }
                let a = body.as_local(base);
                body.emit(Op::ObjectMerge {
                    a,
                    b: virtual_document,
                    target: result,
                });
                body.leave(outer);
                Ok(())
            })?;
            body.emit(Op::Block { blocks: vec![both] });
            body.emit(Op::AssignVar {
                source: Operand::Local(virtual_document),
                target: result,
            });
            Ok(())
        })?;
        self.emit(Op::Block { blocks: vec![merged] });
        Ok(())
    }

    /// An object of what rules make below a place.
    fn virtual_extent(&mut self, place: &Place) -> Result<Local, Error> {
        let target = self.new_local();
        self.emit(Op::MakeObject { target });
        let tree = &self.program.analysed.tree;
        for (key, &node) in &tree.node(place.node).children {
            let mut path = place.path.clone();
            path.push(key.clone());
            if tree.node(node).hidden || self.is_shadowed(&path) {
                continue;
            }
            let block = self.block(|body| {
                let value = match body.program.document(node) {
                    Some(Document::Function(_)) => return Ok(()),
                    Some(_) => body.call_function(Unit::Document(node), body.context, &path, Vec::new()),
                    None => Operand::Local(body.virtual_extent(&Place { node, path })?),
                };
                let key = body.key(key);
                body.emit(Op::ObjectInsert {
                    key,
                    value,
                    object: target,
                });
                Ok(())
            })?;
            self.emit(Op::Block { blocks: vec![block] });
        }
        Ok(target)
    }
}
