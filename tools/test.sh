#!/usr/bin/env bash
# All tests: the fast ones on every core, then those that start servers, browsers or processes, a file of tests to a worker (they wait more than they
# work, so one worker more than there are cores). Usage: tools/test.sh [ARGUMENTS OF PYTEST]
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
"$pytest" -n $(($(nproc) < 4 ? $(nproc) + 1 : 4)) --dist loadfile -m "$slow" "$@"
second=$?
if [ "$second" = 1 ] && [ -n "${TRICOLOR_ALONE_AGAIN:-}" ]; then # on a machine shared with others: what failed is asked once more, alone and aloud
  echo "▲ failed beside others; once more alone, look at why if it passes now" >&2
  "$pytest" --last-failed --last-failed-no-failures none -m "$slow" "$@"
  second=$?
fi
[ "$second" = 5 ] && [ "$first" != 5 ] && second=0
[ "$first" = 1 ] && exit 1
exit "$second"
