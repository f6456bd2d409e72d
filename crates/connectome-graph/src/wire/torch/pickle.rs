//! A reader of the few pickles that hold a graph. It executes nothing.
//!
//! A pickle is a program for a machine with a stack; Python's own reader runs it, and may call
//! whatever it names. This one knows only the instructions that `torch.save` writes for plain
//! data, and only the names in [`Global`], of which it makes a note and calls none: a class or
//! function applied to arguments becomes [`Value::Applied`], for the caller to understand.
//!
//! # Invariants
//!
//! - Every instruction makes at most one value, so memory is bounded by the pickle's length.
//! - Values refer to one another by number in one list: however deep a pickle nests, nothing
//!   here is recursive.
//!
//! Source: Python's `pickletools`; protocol 2, which `torch.save` writes.

use std::collections::HashMap;

use crate::GraphError;

/// What errors call these files.
const FORMAT: &str = "pickle of a graph";

/// The names that a graph's pickle may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Global {
    /// `torch._utils._rebuild_tensor_v2`
    RebuildTensor,
    /// `collections.OrderedDict`: a tensor's hooks, empty in any file
    OrderedDict,
    /// `circuit_tracer.attribution.targets.LogitTarget`
    LogitTarget,
    /// circuit-tracer's model config, or TransformerLens' in older files
    Config,
    /// An element type of a stored tensor, as in `torch.FloatStorage`
    Storage(Element),
    /// An element type by itself, as in `torch.float32`
    Dtype,
}

/// The element types that a graph's tensors have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    F32,
    F16,
    Bf16,
    I64,
}

impl Global {
    fn named(module: &str, name: &str) -> Result<Self, GraphError> {
        Ok(match (module, name) {
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("circuit_tracer.attribution.targets", "LogitTarget") => Self::LogitTarget,
            ("circuit_tracer.utils.tl_nnsight_mapping", "UnifiedConfig")
            | ("transformer_lens.HookedTransformerConfig", "HookedTransformerConfig") => {
                Self::Config
            }
            ("torch", "FloatStorage") => Self::Storage(Element::F32),
            ("torch", "HalfStorage") => Self::Storage(Element::F16),
            ("torch", "BFloat16Storage") => Self::Storage(Element::Bf16),
            ("torch", "LongStorage") => Self::Storage(Element::I64),
            ("torch", "float32" | "float16" | "bfloat16" | "float64") => Self::Dtype,
            _ => return Err(GraphError::PickleGlobal { global: format!("{module}.{name}") }),
        })
    }
}

/// A value's place in its pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ref(u32);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    None,
    Bool,
    Int(i64),
    Float,
    Text(&'a str),
    Tuple(Vec<Ref>),
    List(Vec<Ref>),
    Dict(Vec<(Ref, Ref)>),
    Global(Global),
    /// What the file keeps beside the pickle: a tensor's storage.
    Persistent(Ref),
    /// A function or class and its arguments; `state` is what was built into it after.
    Applied {
        function: Global,
        arguments: Ref,
        state: Option<Ref>,
    },
}

/// A pickle that was read.
pub(super) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: Ref,
}

impl<'a> Pickle<'a> {
    pub(super) fn root(&self) -> Ref {
        self.root
    }

    pub(super) fn get(&self, at: Ref) -> &Value<'a> {
        &self.values[at.0 as usize]
    }

    /// An entry of a dictionary, or of an object's state, by its text key; of several, the last.
    pub(super) fn entry(&self, of: Ref, key: &str) -> Option<Ref> {
        let entries = match self.get(of) {
            Value::Dict(entries) => entries,
            Value::Applied { state: Some(state), .. } => match self.get(*state) {
                Value::Dict(entries) => entries,
                _ => return None,
            },
            _ => return None,
        };
        let found = entries.iter().rev().find(|(name, _)| self.get(*name) == &Value::Text(key));
        found.map(|&(_, value)| value)
    }

    /// The items of a tuple or list.
    pub(super) fn items(&self, at: Ref) -> Option<&[Ref]> {
        match self.get(at) {
            Value::Tuple(items) | Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn text(&self, at: Ref) -> Option<&'a str> {
        match self.get(at) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn size(&self, at: Ref) -> Option<usize> {
        match self.get(at) {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(super) fn sizes(&self, at: Ref) -> Option<Vec<usize>> {
        self.items(at)?.iter().map(|&item| self.size(item)).collect()
    }

    /// The arguments that a given function was applied to.
    pub(super) fn arguments(&self, at: Ref, of: Global) -> Option<&[Ref]> {
        match self.get(at) {
            Value::Applied { function, arguments, .. } if *function == of => self.items(*arguments),
            _ => None,
        }
    }

    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, GraphError> {
        let mut machine = Machine::new(bytes);
        let root = loop {
            if let Some(root) = machine.step()? {
                break root;
            }
        };
        Ok(Self { values: machine.values, root })
    }
}

struct Machine<'a> {
    rest: &'a [u8],
    values: Vec<Value<'a>>,
    stack: Vec<Ref>,
    /// Heights of the stack that were marked.
    marks: Vec<usize>,
    memo: HashMap<u32, Ref>,
}

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, values: vec![], stack: vec![], marks: vec![], memo: HashMap::new() }
    }

    /// Runs one instruction; the last gives the pickle's value.
    fn step(&mut self) -> Result<Option<Ref>, GraphError> {
        match self.byte()? {
            // PROTO; FRAME and what else came with later protocols is not written by torch.
            0x80 => match self.byte()? {
                2 => {}
                version => return Err(refuse(format!("protocol {version}, expected 2"))),
            },
            b'.' => return self.pop().map(Some),
            code @ (b'q' | b'r' | b'h' | b'j') => self.remember_or_recall(code)?,
            b'(' => self.marks.push(self.stack.len()),
            code @ (b'a' | b'e' | b's' | b'u' | b'b') => self.extend(code)?,
            code => {
                let value = self.make(code)?;
                self.push(value)?;
            }
        }
        Ok(None)
    }

    /// BINPUT, LONG_BINPUT, BINGET, LONG_BINGET.
    fn remember_or_recall(&mut self, code: u8) -> Result<(), GraphError> {
        let is_short = code == b'q' || code == b'h';
        let key =
            if is_short { u32::from(self.byte()?) } else { u32::from_le_bytes(self.array()?) };
        if code == b'q' || code == b'r' {
            let &top = self.stack.last().ok_or_else(underflow)?;
            self.memo.insert(key, top);
        } else {
            let &known = self.memo.get(&key).ok_or_else(|| refuse(format!("no memo {key}")))?;
            self.stack.push(known);
        }
        Ok(())
    }

    /// Instructions that make a value of what follows them and of what is on the stack.
    fn make(&mut self, code: u8) -> Result<Value<'a>, GraphError> {
        Ok(match code {
            b'N' => Value::None,
            0x88 | 0x89 => Value::Bool,
            b'K' => Value::Int(i64::from(self.byte()?)),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.array()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            0x8a => Value::Int(self.long()?),
            b'G' => {
                self.take(8)?;
                Value::Float
            }
            b'X' => {
                let length = u32::from_le_bytes(self.array()?) as usize;
                Value::Text(self.utf8(length)?)
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                Value::Global(Global::named(module, name)?)
            }
            b')' => Value::Tuple(vec![]),
            b']' => Value::List(vec![]),
            b'}' => Value::Dict(vec![]),
            b't' => Value::Tuple(self.pop_to_mark()?),
            0x85..=0x87 => {
                let start = self.stack.len().checked_sub(usize::from(code - 0x84));
                Value::Tuple(self.stack.split_off(start.ok_or_else(underflow)?))
            }
            b'Q' => Value::Persistent(self.pop()?),
            // REDUCE and NEWOBJ: apply, which we only write down.
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                match self.values[function.0 as usize] {
                    Value::Global(function) => Value::Applied { function, arguments, state: None },
                    _ => return Err(refuse("something is applied that is no function".to_owned())),
                }
            }
            code => {
                return Err(refuse(format!("instruction 0x{code:02x}, which graphs do not need")));
            }
        })
    }

    /// APPEND, APPENDS, SETITEM, SETITEMS, BUILD: change the value below on the stack.
    fn extend(&mut self, code: u8) -> Result<(), GraphError> {
        let added = match code {
            b'e' | b'u' => self.pop_to_mark()?,
            b's' => {
                let start = self.stack.len().checked_sub(2).ok_or_else(underflow)?;
                self.stack.split_off(start)
            }
            _ => vec![self.pop()?],
        };
        let &below = self.stack.last().ok_or_else(underflow)?;
        match (&mut self.values[below.0 as usize], code) {
            (Value::List(items), b'a' | b'e') => items.extend(added),
            (Value::Dict(entries), b's' | b'u') if added.len().is_multiple_of(2) => {
                entries.extend(added.chunks_exact(2).map(|entry| (entry[0], entry[1])));
            }
            (Value::Applied { state, .. }, b'b') => *state = added.first().copied(),
            _ => return Err(refuse("a value is added to something that takes none".to_owned())),
        }
        Ok(())
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), GraphError> {
        let place = u32::try_from(self.values.len());
        self.stack.push(Ref(place.map_err(|_| refuse("more than 2³² values".to_owned()))?));
        self.values.push(value);
        Ok(())
    }

    /// The top of the stack; never what lies below a mark.
    fn pop(&mut self) -> Result<Ref, GraphError> {
        if self.marks.last().is_some_and(|&mark| self.stack.len() <= mark) {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Ref>, GraphError> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(underflow)?))
    }

    /// LONG1: little-endian two's complement of a length told before.
    fn long(&mut self) -> Result<i64, GraphError> {
        let length = usize::from(self.byte()?);
        let bytes = self.take(length)?;
        if length > size_of::<i64>() {
            return Err(refuse("an integer of more than 64 bits".to_owned()));
        }
        let is_negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
        let mut wide = [if is_negative { 0xff } else { 0 }; 8];
        wide[..length].copy_from_slice(bytes);
        Ok(i64::from_le_bytes(wide))
    }

    fn line(&mut self) -> Result<&'a str, GraphError> {
        let length = self.rest.iter().position(|&byte| byte == b'\n').ok_or_else(truncated)?;
        let line = self.utf8(length)?;
        self.byte()?;
        Ok(line)
    }

    fn utf8(&mut self, length: usize) -> Result<&'a str, GraphError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| refuse("a text that is not UTF-8".to_owned()))
    }

    fn byte(&mut self) -> Result<u8, GraphError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], GraphError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], GraphError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

pub(super) fn refuse(reason: String) -> GraphError {
    GraphError::Format { format: FORMAT, reason }
}

fn truncated() -> GraphError {
    refuse("it ends too early".to_owned())
}

fn underflow() -> GraphError {
    refuse("an instruction finds too few values".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(bytes: &[u8]) -> String {
        Pickle::read(bytes).err().expect("the pickle is refused").to_string()
    }

    #[test]
    fn plain_data_is_read() {
        // pickle.dumps({"n": (1, -2, 300, 2**40), "x": [None, True, 0.5]}, protocol=2), no memo
        let bytes = b"\x80\x02}(X\x01\x00\x00\x00n(K\x01J\xfe\xff\xff\xffM\x2c\x01\
                      \x8a\x06\x00\x00\x00\x00\x00\x01tX\x01\x00\x00\x00x](N\x88\
                      G\x3f\xe0\x00\x00\x00\x00\x00\x00eu.";
        let pickle = Pickle::read(bytes).unwrap();
        let numbers = pickle.items(pickle.entry(pickle.root(), "n").unwrap()).unwrap();
        let numbers: Vec<_> = numbers.iter().map(|&item| pickle.get(item).clone()).collect();
        assert_eq!(numbers, [1, -2, 300, 1 << 40].map(Value::Int));
        let list = pickle.items(pickle.entry(pickle.root(), "x").unwrap()).unwrap();
        assert_eq!(list.len(), 3);
    }

    #[test]
    fn a_name_we_do_not_know_is_refused_by_name() {
        // os.system("true"), as pickle would run it
        let found = error(b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.");
        assert!(found.contains("`os.system`"), "{found}");
    }

    #[test]
    fn broken_programs_are_refused() {
        for bytes in [
            &b""[..],
            b"\x80\x03N.",
            b"\x80\x02",
            b"\x80\x02.",
            b"\x80\x02t.",
            b"\x80\x02(.",
            b"\x80\x02N(.",
            b"\x80\x02Na.",
            b"\x80\x02NNb.",
            b"\x80\x02N\x86.",
            b"\x80\x02}(Nu.",
            b"\x80\x02h\x07.",
            b"\x80\x02NNR.",
            b"\x80\x02X\xff\xff\xff\xffabc.",
            b"\x80\x02X\x01\x00\x00\x00\xff.",
            b"\x80\x02\x8a\xff.",
            b"\x80\x02ccollections\nOrderedDict",
            b"\x80\x02\x95",
        ] {
            error(bytes);
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let mut bytes = b"\x80\x02)".to_vec();
        bytes.extend(std::iter::repeat_n(0x85, 1_000_000));
        bytes.push(b'.');
        assert!(Pickle::read(&bytes).is_ok());
    }
}
