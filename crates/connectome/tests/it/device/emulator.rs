//! A machine that runs the kernels on this CPU: `kernels.cu` compiled as C, one thread after
//! another.
//!
//! What it checks beyond the numbers: arguments have the types that a kernel declares; no kernel
//! writes beyond its memory (guard words); none reads what nothing wrote (fresh memory is NaN);
//! products keep BLAS's rules.

use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::sync::OnceLock;

use connectome::device::DeviceError;
use connectome::device::kernels::{Argument, BlasCall, Launch, Machine};
use libloading::Library;

use super::emulation::{Parameter, compile, emulation, signatures};

/// Words on both sides of every run of memory.
const GUARD: usize = 64;
const GUARD_WORD: u32 = 0xdead_beef;
/// A NaN: what memory holds before anything is written.
const FRESH: u32 = 0x7fc0_dead;

type Start = unsafe extern "C" fn(*const c_char, c_uint, c_uint, c_int, *mut *mut c_void);

/// The emulated machine.
#[derive(Debug)]
pub(crate) struct Emulator {
    /// Whether blocks and threads run from the last to the first.
    backwards: bool,
}

/// A run of memory; only raw pointers reach into it, as on a device.
#[derive(Debug)]
pub(crate) struct Memory {
    start: *mut u32,
    len: usize,
}

impl Emulator {
    pub(crate) fn new(backwards: bool) -> Self {
        Self { backwards }
    }
}

impl Memory {
    fn new(len: usize) -> Self {
        let mut words = vec![FRESH; len + 2 * GUARD].into_boxed_slice();
        words[..GUARD].fill(GUARD_WORD);
        words[GUARD + len..].fill(GUARD_WORD);
        Self { start: Box::into_raw(words).cast::<u32>(), len }
    }

    fn data(&self) -> *mut u32 {
        // SAFETY: the allocation has `GUARD` words before the data.
        unsafe { self.start.add(GUARD) }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let whole = std::ptr::slice_from_raw_parts_mut(self.start, self.len + 2 * GUARD);
        // SAFETY: `new` made the box of this length, and nothing else frees it.
        let words = unsafe { Box::from_raw(whole) };
        let guards = words[..GUARD].iter().chain(&words[GUARD + self.len..]);
        let intact = guards.copied().all(|word| word == GUARD_WORD);
        assert!(intact || std::thread::panicking(), "a kernel wrote beyond its memory");
    }
}

impl Machine for Emulator {
    type Memory = Memory;

    fn name(&self) -> String {
        "emulator".to_owned()
    }

    fn free_bytes(&self) -> Result<u64, DeviceError> {
        Ok(u64::MAX)
    }

    fn alloc(&self, len: usize) -> Result<Memory, DeviceError> {
        Ok(Memory::new(len))
    }

    fn write(&self, memory: &mut Memory, offset: usize, words: &[u32]) -> Result<(), DeviceError> {
        assert!(offset + words.len() <= memory.len);
        // SAFETY: the assertion keeps the copy inside the memory, which `words` cannot overlap.
        unsafe {
            memory.data().add(offset).copy_from_nonoverlapping(words.as_ptr(), words.len());
        }
        Ok(())
    }

    fn read(&self, memory: &Memory, offset: usize, words: &mut [u32]) -> Result<(), DeviceError> {
        assert!(offset + words.len() <= memory.len);
        // SAFETY: as in `write`.
        unsafe {
            memory.data().add(offset).copy_to_nonoverlapping(words.as_mut_ptr(), words.len());
        }
        Ok(())
    }

    fn clear(&self, memory: &mut Memory, len: usize) -> Result<(), DeviceError> {
        assert!(len <= memory.len);
        // SAFETY: the assertion keeps the words inside the memory.
        unsafe { memory.data().write_bytes(0, len) };
        Ok(())
    }

    fn address(&self, memory: &Memory) -> u64 {
        memory.data() as u64
    }

    fn launch(&self, launch: &Launch) -> Result<(), DeviceError> {
        let declared = &signatures()[launch.kernel()];
        let given: Vec<&str> = launch.arguments().iter().map(|argument| kind(*argument)).collect();
        let expected: Vec<&str> = declared.iter().map(kind_of).collect();
        assert_eq!(given, expected, "arguments of `{}`", launch.kernel());
        let mut slots: Vec<u64> = launch
            .arguments()
            .iter()
            .map(|argument| match *argument {
                Argument::Address(x) | Argument::Long(x) => x,
                Argument::Word(x) => u64::from(x),
                Argument::Float(x) => u64::from(x.to_bits()),
            })
            .collect();
        let mut pointers: Vec<*mut c_void> =
            slots.iter_mut().map(|slot| std::ptr::from_mut(slot).cast()).collect();
        let name = CString::new(launch.kernel()).unwrap();
        let [blocks, threads] = launch.grid();
        // SAFETY: the library was built from the source whose signatures were compared above, and
        // `Kernels` has checked that what the kernel touches is memory of its arguments.
        unsafe {
            let start = library().get::<Start>(c"start").unwrap();
            let backwards = c_int::from(self.backwards);
            start(name.as_ptr(), blocks, threads, backwards, pointers.as_mut_ptr());
        }
        Ok(())
    }

    fn sgemm(&self, call: &BlasCall) -> Result<(), DeviceError> {
        let [m, n, k] = call.sizes();
        let [a, b] = call.operands();
        let (c, ldc) = call.result();
        // BLAS's own conditions on leading dimensions.
        assert!(a.ld >= if a.transposed { k } else { m }, "{call:?}");
        assert!(b.ld >= if b.transposed { n } else { k }, "{call:?}");
        assert!(ldc >= m && m > 0 && n > 0 && k > 0, "{call:?}");
        let at = |address: u64, ld: i32, row: i32, col: i32| {
            let element = row as usize + col as usize * ld as usize;
            // SAFETY: `Kernels` has checked that both operands and the result lie in their memory.
            unsafe { (address as *mut f32).add(element) }
        };
        for i in 0..m {
            for j in 0..n {
                let mut sum = 0.0;
                for l in 0..k {
                    let x = if a.transposed { (l, i) } else { (i, l) };
                    let y = if b.transposed { (j, l) } else { (l, j) };
                    // SAFETY: as above.
                    sum +=
                        unsafe { *at(a.address, a.ld, x.0, x.1) * *at(b.address, b.ld, y.0, y.1) };
                }
                let slot = at(c, ldc, i, j);
                // SAFETY: as above. With a beta of zero the result is not read.
                unsafe { *slot = if call.beta() == 0.0 { sum } else { sum + *slot } };
            }
        }
        Ok(())
    }
}

fn kind_of(parameter: &Parameter) -> &str {
    if parameter.c_type.ends_with('*') { "pointer" } else { &parameter.c_type }
}

fn kind(argument: Argument) -> &'static str {
    match argument {
        Argument::Address(_) => "pointer",
        Argument::Long(_) => "u64",
        Argument::Word(_) => "u32",
        Argument::Float(_) => "float",
    }
}

/// The kernels as a library of this machine.
fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let built = compile(folder.path(), &emulation(), "kernels.so", &[]);
        // SAFETY: the library has no code that runs when it is loaded.
        unsafe { Library::new(built).unwrap() }
    })
}
