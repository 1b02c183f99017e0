#!/usr/bin/env bash
# Compile the kernels for aarch64 with a cross compiler and run their tests in an emulator:
#
#     apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user mmdebstrap python3-pip
#     tests/aarch64/run.sh [TESTS AND OPTIONS OF PYTEST]    # without any: tests/kernels
#
# build/aarch64/ gets Debian's Python for aarch64, the packages of PyPI, and a copy of the sources.
# setup.py runs in that Python, as it would on such a machine; only the compiler is not emulated.
# Compiling takes minutes, tests/kernels half an hour. Later runs compile what has changed. One test
# is left out: that of the measured peak, as an emulator has not the speed of a processor.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in aarch64-linux-gnu-gcc qemu-aarch64 mmdebstrap pip; do
    if ! command -v $tool > /dev/null; then
        echo "run.sh: $tool is not installed; the first lines of this file say what to install" >&2
        exit 1
    fi
done

mkdir -p build/aarch64
here=$PWD/build/aarch64
root=$here/root         # what / would be on that machine
packages=$here/packages # of PyPI
sources=$here/sources   # of this tree, so that objects of two architectures do not mix

if [ ! -d "$root" ]; then
    rm -rf "$root.new"
    mmdebstrap --quiet --variant=extract --architectures=arm64 \
        --include=python3-dev,libstdc++6,libgomp1 \
        "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root.new"
    mv "$root.new" "$root"
fi
python=$(cd "$root/usr/bin" && ls -d python3.*[0-9]) # python3.11

if [ ! -d "$packages" ]; then
    rm -rf "$packages.new"
    pip install --quiet --target "$packages.new" --no-compile --only-binary=:all: \
        --platform manylinux_2_28_aarch64 --python-version "${python#python}" \
        numpy click pillow pytest hypothesis cython setuptools
    mv "$packages.new" "$packages"
fi

mkdir -p "$sources" "$here/bin"
find "$sources" -mindepth 1 -maxdepth 1 ! -name build -exec rm -r {} +
git ls-files -z --cached --others --exclude-standard \
    | xargs -0 cp --parents --preserve=timestamps --target-directory="$sources"
cat > "$here/bin/emulated" << END
#!/bin/sh
exec qemu-aarch64 -L "$root" "$root/usr/bin/$python" "\$@"
END
cat > "$here/bin/cnncli" << END
#!/bin/sh
exec "$here/bin/emulated" -m cnncli "\$@"
END
chmod +x "$here"/bin/*

cd "$sources"
export PATH="$here/bin:$PATH" PYTHONPATH="$packages:$sources"
CPPFLAGS="-I$root/usr/include/$python -I$root/usr/include" \
    emulated setup.py -q build_ext --inplace
emulated -m pytest "${@:-tests/kernels}" \
    --deselect tests/kernels/test_conv.py::test_the_measured_peak_is_that_of_a_processor
