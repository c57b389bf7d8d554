#!/usr/bin/env bash
# Installs what brokers need and this machine lacks: a Java and Maven, and pip for the registry's Java where the machine
# has none that is new enough. Debian only, as root; elsewhere it says what is missing and leaves it to the tests to fail.
set -euo pipefail

has_java() { # has_java VERSION: some Java of the machine is that new
  local java
  for java in "${JAVA_HOME:-/none}/bin/java" java /usr/lib/jvm/*/bin/java; do
    local version
    version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p') || continue
    if ((${version:-0} >= $1)); then return 0; fi
  done
  return 1
}

missing=()
has_java 17 || missing+=(openjdk-17-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
if ! has_java 21 && ! python3 -m pip --version >/dev/null 2>&1; then missing+=(python3-pip); fi
if ((${#missing[@]} == 0)); then
  echo 'Java and Maven are there'
elif [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "missing, and not installed without root and apt-get: ${missing[*]}" >&2
fi
