#!/usr/bin/env bash
# Runs a command with a Swift toolchain on a Debian release that packages none.
#
# Debian trixie has Swift, older releases have not. This keeps a trixie tree in a folder of its own, made once from the
# mirror that this machine's apt uses, and runs a command in it with the project mounted at the same path. So paths in
# diagnostics, manifests and build caches mean the same inside and outside.
#
#   swift-chroot.sh [--tree DIR] [--bind PATH]... [-- COMMAND [ARG]...]
#
#   --tree   where the tree lives (default: ${XDG_CACHE_HOME:-~/.cache}/tidings/swift); about 2.5 GB
#   --bind   one more path to mount at the same place, repeatable
#   COMMAND  what to run, in the current folder; with none the tree is only made ready
#
# A tree that is ready is used as it is; one that is not is made anew. Exit status: COMMAND's own, or 125 if the tree
# could not be made ready. SWIFT_CHROOT_MIRROR names another Debian mirror.
#
# Needs root, apt and the right to mount. Everything is mounted in a mount namespace that ends with the command: nothing
# stays mounted, and the tree may be removed whenever no command runs in it. The network is the machine's own, so a server
# on 127.0.0.1 is reached from inside.
set -euo pipefail

suite=trixie
# gcc and the C++ headers: what Swift's own clang finds the C library with.
packages='ca-certificates gcc libc6-dev libstdc++-14-dev swiftlang'

say() { printf 'swift-chroot: %s\n' "$*" >&2; }
die() { say "$*"; exit 125; }

# ---- arguments ------------------------------------------------------------------------------------------------------
tree="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tidings/swift"
binds=("$(realpath -e -- "$(dirname -- "${BASH_SOURCE[0]}")/..")")
while [ $# -gt 0 ]; do
    case $1 in
        --tree) [ $# -ge 2 ] || die '--tree needs a folder'
                tree=$2; shift 2 ;;
        --bind) [ $# -ge 2 ] || die '--bind needs a path'
                binds+=("$(realpath -e -- "$2")") || die "no such path: $2"
                shift 2 ;;
        --)     shift; break ;;
        *)      die "what is $1? (put -- before the command)" ;;
    esac
done
tree=$(realpath -m -- "$tree")
[ "$tree" != / ] || die 'the tree must not be /'
[ "$(id -u)" -eq 0 ] || die 'must run as root'
command -v apt-get >/dev/null || die 'works on Debian and its kin only'
unshare --mount --propagation private true 2>/dev/null || die 'no right to mount here'

stamp=.swift-chroot-ready # holds what the tree was made from
want="$suite: $packages"

# ---- make the tree --------------------------------------------------------------------------------------------------
# apt knows its sources however they are written. Wanted is Debian's main archive, no -security, no third party's.
find_mirror() {
    if [ -n "${SWIFT_CHROOT_MIRROR:-}" ]; then
        printf '%s\n' "$SWIFT_CHROOT_MIRROR"
        return
    fi
    # The origin is known once `apt-get update` has run; before that the path must do.
    apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(ORIGIN)' 'Created-By: Packages' | sort -u | awk -F'|' '
        $2 ~ /-(security|updates|backports)/ { next }
        $3 == "Debian" && !known             { known = $1 }
        $1 ~ /\/debian\/?$/ && !guess        { guess = $1 }
        END { print known ? known : guess }'
}

# Runs a command in a tree that is being made.
inside() {
    unshare --mount --propagation private --fork --kill-child -- bash -euc '
        tree=$1; shift
        mount -t proc proc "$tree/proc"
        mount --rbind /dev "$tree/dev"
        exec chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
            DEBIAN_FRONTEND=noninteractive "$@"' _ "$@"
}

# Names resolve inside as they do outside.
copy_names() {
    local file
    for file in /etc/resolv.conf /etc/hosts; do
        if [ -e "$file" ]; then cat -- "$file" >"$1$file"; fi
    done
}

make_tree() {
    local new=$tree.partial mirror recipe='' proxy
    mirror=$(find_mirror)
    [ -n "$mirror" ] || die 'found no Debian mirror in the sources of apt; set SWIFT_CHROOT_MIRROR'
    if ! command -v debootstrap >/dev/null; then
        say 'installing debootstrap'
        { apt-get install -y -q --no-install-recommends debootstrap ||
            { apt-get update -q && apt-get install -y -q --no-install-recommends debootstrap; }; } >&2 ||
            die 'cannot install debootstrap'
    fi
    # An older debootstrap may not know the suite's name; every recent suite is built by the same recipe.
    [ -e "/usr/share/debootstrap/scripts/$suite" ] || recipe=/usr/share/debootstrap/scripts/sid
    # What holds for apt here must hold for debootstrap too.
    proxy=$(apt-config shell P Acquire::http::Proxy | sed -n "s/^P='\(.*\)'$/\1/p")

    say "making $tree: Debian $suite with Swift, about 2.5 GB, a minute or more"
    rm -rf --one-file-system -- "$new" "$tree"
    mkdir -p -- "$new"
    # shellcheck disable=SC2086 # no recipe is no argument
    http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase --include=ca-certificates \
        "$suite" "$new" "${mirror%/}" $recipe >"$new.log" 2>&1 ||
        { tail -20 "$new.log" >&2; die "debootstrap failed; all it said is in $new.log"; }

    # The settings of apt here that decide whether a download works at all: proxy, time limits, certificates.
    apt-config dump | { grep -E '^Acquire::(http|https|Retries|Check-)' || true; } >"$new/etc/apt/apt.conf.d/90host"
    # Lean: no documentation, no packages kept, no daemons started.
    cat >"$new/etc/apt/apt.conf.d/91lean" <<'CONF'
APT::Install-Recommends "false";
APT::Keep-Downloaded-Packages "false";
Acquire::Retries "3";
Acquire::Languages "none";
CONF
    printf 'path-exclude=/usr/share/%s/*\n' doc man info locale >"$new/etc/dpkg/dpkg.cfg.d/lean"
    printf '#!/bin/sh\nexit 101\n' >"$new/usr/sbin/policy-rc.d"
    chmod +x "$new/usr/sbin/policy-rc.d"
    copy_names "$new"

    say "installing $packages"
    # shellcheck disable=SC2086 # a list of packages
    { inside "$new" apt-get update -q && inside "$new" apt-get install -y -q $packages && inside "$new" apt-get clean; } \
        >>"$new.log" 2>&1 || { tail -20 "$new.log" >&2; die "Swift cannot be installed; all it said is in $new.log"; }
    rm -rf -- "$new"/var/lib/apt/lists/*
    inside "$new" swiftc --version >&2 || die 'swiftc does not start in the new tree'

    printf '%s\n' "$want" >"$new/$stamp"
    rm -f -- "$new.log"
    mv -- "$new" "$tree"
    say 'ready'
}

mkdir -p -- "$(dirname -- "$tree")"
# One maker at a time; others wait here, and then find the tree ready.
exec 9>"$tree.lock"
flock 9
if [ "$(cat -- "$tree/$stamp" 2>/dev/null || true)" != "$want" ]; then
    # Never wipe what this script did not make.
    if [ ! -e "$tree/$stamp" ] && [ -n "$(ls -A -- "$tree" 2>/dev/null)" ]; then
        die "$tree exists and was not made by this script; name another folder with --tree"
    fi
    make_tree
fi
exec 9>&-

# ---- run the command ------------------------------------------------------------------------------------------------
[ $# -gt 0 ] || exit 0
for path in "${binds[@]}"; do
    case $path in
        / | /bin | /dev | /dev/* | /etc | /lib | /lib64 | /proc | /proc/* | /sys | /sys/* | /usr | /usr/*)
            die "$path cannot be mounted over the tree's own" ;;
    esac
done
copy_names "$tree"
exec unshare --mount --propagation private --fork --kill-child -- bash -euc '
    tree=$1; here=$2; count=$3; shift 3
    mount -t proc proc "$tree/proc"
    mount --rbind /sys "$tree/sys"
    mount --rbind /dev "$tree/dev"
    for ((; count > 0; count--)); do
        if [ -d "$1" ]; then
            mkdir -p "$tree$1"
        else
            mkdir -p "$(dirname "$tree$1")"
            touch "$tree$1"
        fi
        mount --rbind "$1" "$tree$1"
        shift
    done
    exec chroot "$tree" /usr/bin/env HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 TMPDIR=/tmp \
        bash -c "cd -- \"\$1\" && shift && exec \"\$@\"" _ "$here" "$@"
' _ "$tree" "$(pwd -P)" "${#binds[@]}" "${binds[@]}" "$@"
