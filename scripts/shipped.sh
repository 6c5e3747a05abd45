# Sourced before a build of what users get: the files name no folder of the machine that built them.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=${CARGO_HOME:-${HOME:-}/.cargo}=/cargo --remap-path-prefix=$PWD=/strongroom"
