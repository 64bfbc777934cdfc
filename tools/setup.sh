#!/usr/bin/env bash
# Sets up .venv from a lock file and, as root, the Debian programs that are missing. Usage: tools/setup.sh run|dev
set -eu
cd "$(dirname "$0")/.."
kind=$1
python=${PYTHON:-python3}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

missing=()
need() { # program, package
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || compgen -G "/usr/lib/postgresql/*/bin/$1" >/dev/null || missing+=("$2")
}
need mosquitto mosquitto
if [ "$kind" = dev ]; then
  need influxd influxdb
  need initdb postgresql
  need chromium chromium
  [ -d /usr/share/fonts/opentype/noto ] || missing+=(fonts-noto-cjk)
fi
if [ "$kind" = run ] && [ ! -d /usr/share/fonts/opentype/noto ] && [ -z "${TRICOLOR_FONTS:-}" ]; then # 90 MB that only bulletins need: said, not installed
  say "▲ 缺少中文字体，通报的 .pdf 和 .docx 无法生成 · no Chinese fonts: bulletins cannot be printed (apt install fonts-noto-cjk, or set TRICOLOR_FONTS)"
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
if [ "${#missing[@]}" -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "安装 Debian 软件包 · installing Debian packages: ${missing[*]}"
    # the servers are started by us, on our own ports; Debian must not start them beside us
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
      trap 'rm -f "$policy"' EXIT
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null ||
      say "▲ 未能安装 · could not be installed: ${missing[*]}; going on without"
  else
    say "▲ 缺少 · missing: ${missing[*]} (apt install ${missing[*]}); going on without"
  fi
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "● 需要 Python 3.11 以上 · Python 3.11 or newer is needed"; exit 1; }
stamp=.venv/.installed-$kind-$(cat "requirements/$kind.lock" pyproject.toml | sha256sum | cut -c1-16)
if [ ! -e "$stamp" ]; then
  say "准备 Python 环境 · setting up .venv"
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "requirements/$kind.lock"
  .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
  rm -f .venv/.installed-"$kind"-* && touch "$stamp"
fi
