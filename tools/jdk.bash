# Sourced by ./efolio and ./verify: finds a JDK 25 or newer, and runs Maven on it.

readonly jdk_wanted=25

# The major version of the JDK in directory $1; nothing when there is no JDK.
jdk_version() {
  [[ -x $1/bin/javac && -x $1/bin/java ]] || return 0
  local line=''
  if [[ -r $1/release ]]; then
    line=$(grep -m1 '^JAVA_VERSION=' "$1/release" || true)
  fi
  [[ -n $line ]] || line=$("$1/bin/javac" -version 2>&1 || true)
  if [[ $line =~ ([0-9]+) ]]; then
    echo "${BASH_REMATCH[1]}"
  fi
}

jdk_fits() {
  local version
  version=$(jdk_version "$1")
  [[ -n $version ]] && ((version >= jdk_wanted))
}

# Prints the directory of the JDK to use: JAVA_HOME, then the oldest that fits in /usr/lib/jvm,
# then the one on the PATH. Returns 1 when none fits.
find_jdk() {
  if [[ -n ${JAVA_HOME:-} ]] && jdk_fits "$JAVA_HOME"; then
    echo "$JAVA_HOME"
    return
  fi
  local dir version best='' best_version=0
  for dir in /usr/lib/jvm/*/; do
    version=$(jdk_version "${dir%/}")
    if [[ -n $version ]] && ((version >= jdk_wanted)) \
      && ((best_version == 0 || version < best_version)); then
      best=${dir%/} best_version=$version
    fi
  done
  if [[ -z $best ]] && dir=$(command -v javac); then
    dir=$(dirname "$(dirname "$(readlink -f "$dir")")")
    if jdk_fits "$dir"; then
      best=$dir
    fi
  fi
  [[ -n $best ]] && echo "$best"
}

# Exports JAVA_HOME, or says in one line what to install and exits with 2. $1 names the caller.
require_jdk() {
  if ! JAVA_HOME=$(find_jdk); then
    echo "$1: no JDK $jdk_wanted or newer in JAVA_HOME, /usr/lib/jvm or PATH;" \
      "install one, e.g. 'apt install openjdk-25-jdk-headless' or Temurin from https://adoptium.net" >&2
    exit 2
  fi
  export JAVA_HOME
}

# Says in one line that Maven is missing and exits with 2. $1 names the caller.
require_maven() {
  if ! command -v mvn >/dev/null; then
    echo "$1: Maven 3.8 or newer is needed for the build; install it, e.g. 'apt install maven'" >&2
    exit 2
  fi
}

# Maven on the JDK found, in the checkout $1, without its warnings about its own libraries.
run_maven() {
  local root=$1
  shift
  (
    cd -- "$root"
    MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED" \
      mvn --batch-mode --no-transfer-progress "$@"
  )
}
