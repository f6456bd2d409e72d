//! A machine that runs the kernels on this CPU: `kernels.cu` compiled as C, one thread after
//! another.
//!
//! What it checks beyond the numbers: arguments have the types that a kernel declares; no kernel
//! writes beyond its memory (guard words); none reads what nothing wrote (fresh memory is NaN);
//! products keep BLAS's rules.

use std::collections::BTreeMap;
use std::ffi::{CString, c_char, c_int, c_uint, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use connectome::device::DeviceError;
use connectome::device::kernels::{Argument, BlasCall, Launch, Machine, SOURCE};
use libloading::Library;

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
        let expected: Vec<&str> = declared.iter().map(|parameter| parameter.kind()).collect();
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

fn kind(argument: Argument) -> &'static str {
    match argument {
        Argument::Address(_) => "pointer",
        Argument::Long(_) => "u64",
        Argument::Word(_) => "u32",
        Argument::Float(_) => "float",
    }
}

/// A parameter of a kernel.
struct Parameter {
    /// Its type in C, as `const float *`.
    c_type: String,
}

impl Parameter {
    fn kind(&self) -> &str {
        if self.c_type.ends_with('*') { "pointer" } else { &self.c_type }
    }
}

/// The parameters of every kernel, read from the source.
fn signatures() -> &'static BTreeMap<&'static str, Vec<Parameter>> {
    static SIGNATURES: OnceLock<BTreeMap<&str, Vec<Parameter>>> = OnceLock::new();
    SIGNATURES.get_or_init(|| {
        let kernels = SOURCE.split("\nKERNEL void ").skip(1);
        kernels
            .map(|rest| {
                let (name, rest) = rest.split_once('(').unwrap();
                let (parameters, _) = rest.split_once(')').unwrap();
                let is_name = |c: char| c == '_' || c.is_ascii_alphanumeric();
                let parameter = |text: &str| Parameter {
                    c_type: text.trim().trim_end_matches(is_name).trim().to_owned(),
                };
                (name, parameters.split(',').map(parameter).collect())
            })
            .collect()
    })
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

/// Compiles C to a library, with the compiler that building the workspace needs anyway.
pub(super) fn compile(folder: &Path, text: &str, name: &str, options: &[String]) -> PathBuf {
    let (source, built) = (folder.join(format!("{name}.c")), folder.join(name));
    std::fs::write(&source, text).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(&compiler)
        .args(["-std=gnu11", "-O1", "-shared", "-fPIC", "-Werror=implicit-function-declaration"])
        .arg("-Werror=incompatible-pointer-types")
        .args(options)
        .arg("-o")
        .arg(&built)
        .arg(&source)
        .arg("-lm")
        .output()
        .expect("a C compiler, `cc` or what CC names");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    built
}

/// The kernels with what CUDA has and C has not, and a way to start them by name.
pub(super) fn emulation() -> String {
    let mut text = String::from(
        "#include <math.h>\n#include <stdlib.h>\n#include <string.h>\n\
         #define __global__ static\n#define __device__\n\
         struct Place { unsigned x; };\n\
         static _Thread_local struct Place blockIdx, threadIdx, blockDim;\n",
    );
    text.push_str(SOURCE);
    let mut chain = String::new();
    for (name, parameters) in signatures() {
        let slots: Vec<String> = parameters
            .iter()
            .enumerate()
            .map(|(at, parameter)| format!("*({} *)slots[{at}]", parameter.c_type))
            .collect();
        let call = slots.join(", ");
        text.push_str(&format!("static void run_{name}(void **slots) {{ {name}({call}); }}\n"));
        chain.push_str(&format!("    if (!strcmp(name, \"{name}\")) run = run_{name};\n"));
    }
    text.push_str("static void unknown(void **slots) { (void)slots; abort(); }\n");
    text.push_str(&START.replace("    CHOOSE\n", &chain));
    text
}

/// Runs a kernel for all its threads, one after another.
const START: &str = "
void start(const char *name, unsigned blocks, unsigned threads, int backwards, void **slots) {
    void (*run)(void **) = unknown;
    CHOOSE
    blockDim.x = threads;
    for (unsigned b = 0; b < blocks; b++) {
        for (unsigned t = 0; t < threads; t++) {
            blockIdx.x = backwards ? blocks - 1 - b : b;
            threadIdx.x = backwards ? threads - 1 - t : t;
            run(slots);
        }
    }
}
";
