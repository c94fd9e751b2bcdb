#!/bin/sh
# Compiles the Python that executables carry, with its OpenSSL and SQLite, and the launcher: inside the x86-64 Debian root that
# scripts/build made, for the architecture named by $1 (amd64 or arm64). Sources lie in /sources, the result in /opt/$1.
set -eu
arch=$1
jobs="-j$(nproc)"
export LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1700000000
case $arch in
    amd64) triplet=x86_64-linux-gnu openssl=linux-x86_64 ;;
    arm64) triplet=aarch64-linux-gnu openssl=linux-aarch64 ;;
esac
CC=$triplet-gcc
made=/opt/$arch
# Another recipe or another source: everything anew.
recipe=$(cat "$0" "$(dirname "$0")/sources.txt" | sha256sum)
[ "$(cat "$made/recipe" 2>/dev/null)" = "$recipe" ] || rm -rf "$made"
mkdir -p "$made/lib" "$made/include" "/compiled/$arch"
echo "$recipe" >"$made/recipe"
# -g0 and fixed folders: the same bytes at each build.
flags='-O2 -g0 -fno-semantic-interposition'

unpacked() { # unpacked NAME: a fresh tree of that source with Debian's patches, as the current folder
    rm -rf "/compiled/$arch/$1"
    dpkg-source --no-check -x /sources/"$1"_*.dsc "/compiled/$arch/$1" >/dev/null
    cd "/compiled/$arch/$1"
}

once() { # once NAME: runs the function of that name unless it has been done
    [ -e "$made/done-$1" ] && return
    echo "Compiling $1 for $arch"
    ("$1")
    touch "$made/done-$1"
}

openssl() {
    unpacked openssl
    # Certificates are looked for where the instance's machine has them; no engines and old ciphers, which nothing here asks for.
    ./Configure $openssl --prefix="$made" --libdir=lib --openssldir=/etc/ssl --cross-compile-prefix=$triplet- \
        shared no-tests no-engine no-legacy no-ssl3 no-comp no-dtls $flags >configured
    make $jobs build_libs >compiled
    make install_dev >>compiled
    rm -f "$made"/lib/libcrypto.a "$made"/lib/libssl.a
}

sqlite() {
    unpacked sqlite3
    ./configure --disable-tcl --disable-readline >configured
    make sqlite3.c >compiled
    # Debian's options as far as they matter here: full-text search, maths, statistics for the planner.
    $CC $flags -fPIC -shared -Wl,-soname,libsqlite3.so.0 -o "$made/lib/libsqlite3.so.0" sqlite3.c \
        -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_STAT4 \
        -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_UNLOCK_NOTIFY -DSQLITE_ENABLE_UPDATE_DELETE_LIMIT \
        -DSQLITE_ENABLE_LOAD_EXTENSION -DSQLITE_USE_URI=1 -DSQLITE_SECURE_DELETE -DSQLITE_MAX_VARIABLE_NUMBER=250000 \
        -DHAVE_ISNAN -DHAVE_USLEEP -ldl -lm -lpthread
    ln -sf libsqlite3.so.0 "$made/lib/libsqlite3.so"
    cp sqlite3.h sqlite3ext.h "$made/include/"
}

python() {
    unpacked python3.11
    # A repair that Debian took over uses the interpreter's inner headers, as Debian's own recipe allows it to.
    sed -i "s/Extension('pyexpat', sources=\['pyexpat.c'\])/Extension('pyexpat', sources=['pyexpat.c'], define_macros=[('Py_BUILD_CORE_MODULE', '1')])/" setup.py
    cross=''
    if [ "$arch" != amd64 ]; then
        cross="--build=x86_64-linux-gnu --host=$triplet --with-build-python=/opt/amd64/bin/python3.11"
        export ac_cv_buggy_getaddrinfo=no ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no
    fi
    LD_LIBRARY_PATH=/opt/amd64/lib CC=$CC CFLAGS="$flags" CPPFLAGS="-I$made/include" LDFLAGS="-L$made/lib" \
        ./configure $cross --prefix="$made" --enable-shared --with-openssl="$made" --with-system-expat --without-ensurepip --disable-test-modules >configured
    LD_LIBRARY_PATH=$PWD:/opt/amd64/lib make $jobs >compiled 2>&1
    # Debian's patch names this file without the system, but writes it with it when it is compiled for another architecture.
    data=$(cat pybuilddir.txt)/_sysconfigdata_
    [ -e "${data}_$triplet.py" ] || cp "${data}_linux_$triplet.py" "${data}_$triplet.py"
    rm -rf "$made/lib/python3.11"
    LD_LIBRARY_PATH=$PWD:/opt/amd64/lib make install >installed 2>&1
}

once openssl
once sqlite
once python
