#!/usr/bin/env bash
# Brings Chromium, in which tests/report opens the pages, where Debian's apt-get is there and may be used. Elsewhere it says what is
# missing: on a person's machine those tests are then skipped, in CI this fails.
set -euo pipefail

for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "installing chromium"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
  exit 0
fi
echo "There is no Chromium here, and no apt-get that may bring it: install Chromium to run the tests that open reports (pytest -m browser)." >&2
[ "${CI:-}" != true ]
