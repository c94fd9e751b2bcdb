# Sourced by the other scripts: makes `.venv` at the top of the checkout from a lock file, once per change of that file.
#
# Plain sh and the basic tools only, because the first thing a newcomer runs must run anywhere. After sourcing, the current folder
# is the top of the checkout, and `$python` is the environment's interpreter once `environment LOCK` has returned.

PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_USER PIP_REQUIRE_VIRTUALENV
cd "$(dirname "$0")/.." || exit 1
python=.venv/bin/python

fail() {
    for line in "$@"; do printf '%s\n' "$line" >&2; done
    exit 1
}

# find_python: sets `base` to an interpreter of 3.11 or newer that can make environments, or explains what is missing.
# Versions for which every locked package has a wheel come first; each is tried, because a version manager's shim may name nothing.
find_python() {
    too_old='' without_venv=''
    for base in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3 python}; do
        version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2], int(sys.version_info >= (3, 11)))' 2>/dev/null) || continue
        case $version in
            *' 1') ;;
            *) too_old="$base is ${version% 0}"; continue ;;
        esac
        "$base" -c 'import venv, ensurepip' 2>/dev/null && return
        without_venv="$base (${version% 1})"
    done
    if [ -n "$without_venv" ]; then
        fail "$without_venv cannot make an environment: its venv module is missing." \
            "On Debian, Ubuntu and Raspberry Pi OS: sudo apt install python3-venv"
    elif [ -n "$too_old" ]; then
        fail "lemmy_lite needs Python 3.11 or newer, but $too_old." "Install a newer Python, or name one: PYTHON=/path/to/python $0"
    fi
    fail "lemmy_lite needs Python 3.11 or newer, and none was found${PYTHON:+ at $PYTHON}." \
        "On Debian, Ubuntu and Raspberry Pi OS: sudo apt install python3 python3-venv"
}

# environment LOCK: makes .venv and installs LOCK into it, showing progress; returns at once if that was done before.
# What was installed is remembered as a copy of the lock file in .venv/installed/. The test lock holds the runtime lock's very versions
# (scripts/lock sees to it), so `environment requirements-test.lock` also serves scripts/run.
environment() {
    if "$python" -c '' 2>/dev/null; then
        cmp -s "$1" ".venv/installed/$1" && return
    else
        find_python
        echo "Making the environment .venv with $("$base" --version)"
        "$base" -m venv --clear .venv || fail "The environment could not be made in $PWD/.venv."
    fi
    rm -rf .venv/installed
    echo "Installing what $1 lists (needs the network, takes a minute or two)"
    "$python" -m pip install --require-hashes --only-binary :all: --progress-bar on -r "$1" ||
        fail "The installation stopped. Run the same command again to take it up where it was."
    mkdir .venv/installed
    cp requirements.lock .venv/installed/
    cp "$1" .venv/installed/
}
