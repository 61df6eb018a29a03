#!/usr/bin/env bash
# list.sh none|quick|all|NAME,NAME: prints the lanes that are meant, one a line.
set -euo pipefail
cd "$(dirname "$0")"

quick=(process1 aot musl wine)
all=("${quick[@]}" net11)
case $1 in
  none) ;;
  quick) printf '%s\n' "${quick[@]}" ;;
  all) printf '%s\n' "${all[@]}" ;;
  *)
    for name in ${1//,/ }; do
      [ -f "$name.sh" ] && [ "$name" != list ] && [ "$name" != common ] || { echo "There is no lane '$name'." >&2; exit 2; }
      echo "$name"
    done
    ;;
esac
