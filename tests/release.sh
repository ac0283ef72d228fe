#!/bin/sh
# Build the sdist of this tree, and the wheel from that sdist alone: release.sh BIN DIST SCRATCH
set -eu
bin=$(cd "$1" && pwd)
mkdir -p "$2" "$3"
dist=$(cd "$2" && pwd)
scratch=$(cd "$3" && pwd)
cd "$(dirname "$0")/.."

# The same tree gives the same bytes, whenever it is built; without git, hatchling's own moment.
moment=$(git log -1 --format=%ct 2>/dev/null) && export SOURCE_DATE_EPOCH="$moment"
"$bin/hatchling" build -t sdist -d "$dist" >/dev/null
tar -xzf "$dist"/meterctl-*.tar.gz -C "$scratch"
cd "$scratch"/meterctl-*/
"$bin/hatchling" build -t wheel -d "$dist" >/dev/null
