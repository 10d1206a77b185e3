//! Plans lookups in values. An operand that has a value is looked up; one that does not opens a loop over the collection and is matched with
//! its keys. References below `data` are in `document`.

use super::Error;
use super::body::Body;
use crate::ir::{INPUT, Operand};
use crate::syntax::ast::{Term, Value};

impl Body<'_, '_> {
    /// The value of a reference.
    pub fn reference(&mut self, reference: &[Term]) -> Result<Operand, Error> {
        let Some((head, rest)) = reference.split_first() else {
            return Err(self.bug(Default::default(), "an empty reference"));
        };
        let source = match &head.value {
            Value::Var(name) => match self.var(name) {
                Some(operand) => operand,
                None if &**name == "input" && rest.is_empty() => self.input(),
                None if &**name == "input" => Operand::Local(INPUT),
                None if &**name == "data" => return self.data_reference(rest),
                None => return Err(self.bug(head.span, format!("variable `{name}` is not bound"))),
            },
            _ => self.term(head)?,
        };
        self.lookup(source, rest)
    }

    /// What stands below a value, operand by operand.
    pub fn lookup(&mut self, mut source: Operand, parts: &[Term]) -> Result<Operand, Error> {
        for part in parts {
            source = self.lookup_one(source, part)?;
        }
        Ok(source)
    }

    fn lookup_one(&mut self, source: Operand, part: &Term) -> Result<Operand, Error> {
        if self.is_evaluable(part) {
            let key = self.term(part)?;
            return Ok(self.dot(source, key));
        }
        let (key, value) = self.open_scan(source);
        self.match_value(Operand::Local(key), part)?;
        Ok(Operand::Local(value))
    }
}
