//! Link arguments of the shared library; nothing is generated.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Unloading a library whose threads' destructors are still to run would crash the host.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // The ABI's major version: the same as `strongroom_abi_version()` says.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libstrongroom.so.0");
}
