#!/usr/bin/env bash
# The smoke program as process 1, as in a container without an init: orphans become its children, and nobody else collects them.
source "$(dirname "$0")/common.sh"

can_unshare -pf --mount-proc || skip "no right to make a process namespace (unshare -p)"
built tests/Tandem.Smoke
for transport in "${transports[@]}"; do
  part 600 "smoke, $transport" unshare -pf --kill-child --mount-proc "$bin/Tandem.Smoke/$pivot/Tandem.Smoke" --transport "$transport"
done
finish
