# Sourced by `scripts/build --arch`: Debian 11 roots in build/roots, of which the executable takes its glibc (2.31) and what is compiled there.
#
# amd64 holds the compilers for both architectures; Python, OpenSSL and SQLite are compiled there from Debian's sources (compile.sh, once per
# change of it or of sources.txt). arm64 holds Debian for arm64, in which PyInstaller runs under qemu. Wheels are chosen for glibc 2.31 at most.

roots=$PWD/build/roots
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# in_root ARCH COMMAND…: as root of that Debian, with /proc and this checkout (as /checkout) for just this command.
in_root() {
    root=$roots/$1
    shift
    mkdir -p "$root/checkout"
    unshare --mount sh -c 'mount -t proc proc "$1/proc" && mount --bind "$2" "$1/checkout" && root=$1 && shift 2 && exec chroot "$root" "$@"' \
        in_root "$root" "$PWD" "$@"
}

debian() { # debian ARCH PACKAGES: makes that root once
    [ -e "$roots/$1.made" ] && return
    echo "Making a Debian 11 root for $1 (some minutes)"
    rm -rf "${roots:?}/$1"
    debootstrap --arch "$1" --variant=minbase --include="$2" bullseye "$roots/$1" "$mirror" >"$roots/$1.log" 2>&1 ||
        fail "debootstrap failed; what it said is in build/roots/$1.log."
    touch "$roots/$1.made"
}

compilers() {
    [ -e "$roots/compilers.made" ] && return
    echo "Installing the compilers"
    cp /etc/resolv.conf "$roots/amd64/etc/"
    in_root amd64 sh -ec "
        export DEBIAN_FRONTEND=noninteractive
        echo 'deb $mirror bullseye main' >/etc/apt/sources.list
        dpkg --add-architecture arm64
        apt-get update -q
        apt-get install -q -y --no-install-recommends build-essential dpkg-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross \\
            zlib1g-dev zlib1g-dev:arm64 libffi-dev libffi-dev:arm64 libexpat1-dev libexpat1-dev:arm64 \\
            libzstd-dev libzstd-dev:arm64" >"$roots/compilers.log" 2>&1 ||
        fail "The compilers could not be installed; what was said is in build/roots/compilers.log."
    touch "$roots/compilers.made"
}

build_in_root() { # build_in_root ARCH WORK: leaves WORK/folder and WORK/launcher
    [ "$(id -u)" = 0 ] || fail "scripts/build --arch makes Debian roots and must run as root."
    [ "$(uname -m)" = x86_64 ] || fail "scripts/build --arch runs on x86-64; on an arm64 machine, scripts/build makes an executable for its like."
    needs debootstrap debootstrap "with which Debian roots are made"
    [ "$1" = amd64 ] || needs qemu-aarch64-static 'qemu-user-static binfmt-support' "with which programs for arm64 run here"
    case $1 in
        amd64) compiler=x86_64-linux-gnu-gcc platform=x86_64 ;;
        arm64) compiler=aarch64-linux-gnu-gcc platform=aarch64 ;;
    esac
    mkdir -p "$roots"
    debian amd64 binutils,ca-certificates
    compilers
    [ "$1" = amd64 ] || debian arm64 binutils,libexpat1,libffi7,zlib1g
    "$python" packaging/carried/fetch.py "$mirror" "$roots/amd64/sources" || exit 1
    in_root amd64 sh /checkout/packaging/carried/compile.sh "$1" || fail "The compilation failed in build/roots/amd64/compiled/$1."
    [ "$1" = amd64 ] || { rm -rf "$roots/$1/opt/$1" && cp -a "$roots/amd64/opt/$1" "$roots/$1/opt/"; }

    rm -rf "$2/site" "$2/wheels.txt"
    "$python" packaging/carried/wheels.py $platform >"$2/wheels.txt" || exit 1
    tags=''
    for minor in 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16 15 14 13 12 5; do tags="$tags --platform manylinux_2_${minor}_$platform"; done
    "$python" -m pip install --quiet --quiet --no-compile --require-hashes --no-deps --only-binary :all: --implementation cp --python-version "$(sed -n "s,.*/python3.11_\(.*\).orig.*,\1,p" packaging/carried/sources.txt | cut -d" " -f1)" \
        --abi cp311 --abi abi3 --abi none $tags --platform "manylinux2014_$platform" --platform any --target "$2/site" -r "$2/wheels.txt" || exit 1
    ZSTD_VERSION=$(in_root amd64 dpkg-query -W -f '${Version}' libzstd-dev)
    export ZSTD_VERSION
    in_root "$1" /usr/bin/env -u PYTHONHOME PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LD_LIBRARY_PATH="/opt/$1/lib" PYTHONPATH="/checkout/$2/site" \
        sh -c "cd /checkout && exec /opt/$1/bin/python3.11 -m PyInstaller --noconfirm --clean --log-level WARN \
            --distpath $2/folder --workpath $2/work packaging/lemmy-lite.spec" || exit 1
    in_root amd64 sh /checkout/packaging/launcher/compile "$compiler" "/checkout/$2/launcher" || exit 1
}
