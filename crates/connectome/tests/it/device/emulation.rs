//! `kernels.cu` as C for this CPU, and CUDA's three libraries made of it (`fake_cuda.c`).
//!
//! The command line's tests build the same libraries for the binary to find.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use connectome::device::kernels::SOURCE;

/// Builds stand-ins of driver, NVRTC and cuBLAS from [`emulation`], in a folder, under the names
/// by which `cudarc` asks for the real ones first.
pub(crate) fn fake_cuda(folder: &Path, emulation: &str) -> [PathBuf; 3] {
    // Hidden, or another library of kernels would find this one's functions by their names.
    let kernels = emulation.replace("\nvoid start(", "\nstatic void start(");
    let source = format!("{kernels}\n{}", include_str!("fake_cuda.c"));
    let parts = [("DRIVER", "libcuda.so"), ("NVRTC", "libnvrtc.so"), ("CUBLAS", "libcublas.so")];
    parts.map(|(part, name)| {
        let options = [format!("-DFAKE_{part}"), format!("-Wl,-soname,{name}")];
        compile(folder, &source, name, &options)
    })
}

/// A parameter of a kernel.
pub(crate) struct Parameter {
    /// Its type in C, as `const float *`.
    pub(crate) c_type: String,
}

/// The parameters of every kernel, read from the source.
pub(crate) fn signatures() -> &'static BTreeMap<&'static str, Vec<Parameter>> {
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

/// Compiles C to a library, with the compiler that building the workspace needs anyway.
pub(crate) fn compile(folder: &Path, text: &str, name: &str, options: &[String]) -> PathBuf {
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
pub(crate) fn emulation() -> String {
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
