//! The same get through the Rust crate, the C ABI and Python, each on a store of its own.
//!
//! C is measured with the shared library as it is shipped, loaded into this process.
#![allow(unsafe_code, reason = "functions of a library that is loaded")]

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use strongroom::{SecretPath, Store};
use tempfile::TempDir;

use crate::report::{Report, middle};
use crate::stage::{Stage, scattered, target};

const SECRETS: usize = 1_000;
const ROUNDS: usize = 101;

/// What Python may cost beyond C.
const PYTHON_EXTRA: Duration = Duration::from_micros(10);

pub(crate) fn measure(report: &mut Report) {
    // Both are closed after they were filled, and opened anew: one file is never opened by two SQLites in
    // one process, and what was written last would otherwise be in one's log and the other's database.
    let (_ours, config) = closed_store();
    let rust = Store::open(&config).unwrap().session();
    let (_theirs, config) = closed_store();
    let texts: Vec<String> = (0..SECRETS).map(|n| Stage::path(n).to_string()).collect();
    let c_texts: Vec<CString> = texts.iter().map(|t| CString::new(t.as_str()).unwrap()).collect();

    let (mut through_rust, mut through_c) = (Vec::new(), Vec::new());
    {
        let c = CStore::open(&config);
        // Turn about, because a processor is not the same from one second to the next.
        for _ in 0..ROUNDS {
            through_rust.push(each_of_all(|n| {
                let path: SecretPath = texts[n].parse().unwrap();
                std::hint::black_box(rust.get(&path).unwrap());
            }));
            through_c.push(each_of_all(|n| c.get(&c_texts[n])));
        }
    }
    let (through_rust, through_c) = (middle(through_rust), middle(through_c));
    report.ratio("get through C, against Rust", through_c, through_rust, 1.05);
    let python = through_python(&config);
    let floor = through_c + PYTHON_EXTRA;
    report.ratio("get through Python, against C and 10 us", python, floor, 1.0);
}

/// A filled store that nobody has open, and its config.
fn closed_store() -> (TempDir, PathBuf) {
    let stage = Stage::with(SECRETS);
    let config = stage.config();
    (stage.folder, config)
}

/// The mean time of `work` over as many calls as there are secrets.
fn each_of_all(mut work: impl FnMut(usize)) -> Duration {
    let mut next = scattered(SECRETS);
    let started = Instant::now();
    for _ in 0..SECRETS {
        work(next());
    }
    started.elapsed() / SECRETS as u32
}

fn library() -> PathBuf {
    let library = target().parent().unwrap().join("release/libstrongroom.so");
    assert!(library.exists(), "run `make bench-files`, which builds {}", library.display());
    library
}

type Open = unsafe extern "C" fn(*const c_char, *mut *mut c_void, *mut *mut c_void) -> u32;
type Get =
    unsafe extern "C" fn(*const c_void, *const c_char, *mut *mut c_void, *mut *mut c_void) -> u32;
type Free = unsafe extern "C" fn(*mut c_void);

/// A store as a C program has it.
struct CStore {
    store: *mut c_void,
    get: Get,
    secret_free: Free,
    store_free: Free,
}

impl CStore {
    fn open(config: &Path) -> CStore {
        let text = |path: &Path| CString::new(path.to_str().unwrap()).unwrap();
        let path = text(&library());
        // SAFETY: the library is ours, and its functions have these types (include/strongroom.h).
        unsafe {
            let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            assert!(!handle.is_null(), "the library does not load");
            let symbol = |name: &CStr| {
                let found = libc::dlsym(handle, name.as_ptr());
                assert!(!found.is_null(), "{name:?} is missing");
                found
            };
            let open: Open = std::mem::transmute(symbol(c"strongroom_store_open"));
            let mut store = std::ptr::null_mut();
            assert_eq!(open(text(config).as_ptr(), &mut store, std::ptr::null_mut()), 0);
            CStore {
                store,
                get: std::mem::transmute::<*mut c_void, Get>(symbol(c"strongroom_get")),
                secret_free: std::mem::transmute::<*mut c_void, Free>(symbol(
                    c"strongroom_secret_free",
                )),
                store_free: std::mem::transmute::<*mut c_void, Free>(symbol(
                    c"strongroom_store_free",
                )),
            }
        }
    }

    fn get(&self, path: &CStr) {
        let mut secret = std::ptr::null_mut();
        // SAFETY: the store is open, the path ends with a zero byte, and the secret is freed once.
        unsafe {
            assert_eq!((self.get)(self.store, path.as_ptr(), &mut secret, std::ptr::null_mut()), 0);
            (self.secret_free)(secret);
        }
    }
}

impl Drop for CStore {
    fn drop(&mut self) {
        // SAFETY: nobody uses the store any more.
        unsafe { (self.store_free)(self.store) };
    }
}

/// The median time of a get and its wiping in a Python process of its own.
fn through_python(config: &Path) -> Duration {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3")
        .arg(root.join("benches/store/faces.py"))
        .args([config.as_os_str(), SECRETS.to_string().as_ref(), ROUNDS.to_string().as_ref()])
        .env("PYTHONPATH", root.join("bindings/python"))
        .env("STRONGROOM_LIBRARY", library())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let nanoseconds = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    Duration::from_nanos(nanoseconds)
}
