# Sourced before a build of what users get: the files name no folder of the machine that built them, whether
# Rust or C (ring compiles with debug information in every profile).
cargo_home=${CARGO_HOME:-${HOME:-}/.cargo}
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$PWD=/strongroom"
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$PWD=/strongroom"
# Nothing that a compiler makes here holds a moment, and for another one all that is in C would be compiled again.
unset SOURCE_DATE_EPOCH
