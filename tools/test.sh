#!/usr/bin/env bash
# All tests: the fast ones on every core, then those that start servers, browsers or processes, one at a time. Usage: tools/test.sh [ARGUMENTS OF PYTEST]
# Both runs take the arguments; the exit code is 0 only when both are green. With -m of your own there is one run, of what you chose.
set -u
cd "$(dirname "$0")/.."
pytest=${PYTEST:-.venv/bin/pytest}
slow="servers or browser or e2e or slow"
stops=
for word in "$@"; do
  case $word in
    -m*) exec "$pytest" "$@" ;;
    -x | --exitfirst | --maxfail*) stops=yes ;;
  esac
done

"$pytest" -n auto -m "not ($slow)" "$@"
first=$?
case $first in
  0 | 5) ;; # 5: none of these was chosen, perhaps some of the others are
  1) [ -z "$stops" ] || exit 1 ;; # failures: go on, so that one run names them all
  *) exit "$first" ;; # interrupted, or pytest could not read its arguments
esac
"$pytest" -m "$slow" "$@"
second=$?
[ "$second" = 5 ] && [ "$first" != 5 ] && second=0
[ "$first" = 1 ] && exit 1
exit "$second"
