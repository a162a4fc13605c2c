#!/bin/sh
# Makes ./configure from configure.ac; needs autoconf, automake and pkg-config (Debian: packages of these names).
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install
