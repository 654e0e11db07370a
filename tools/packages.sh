# The Debian packages that building, running and testing need; sourced by
# quickstart and runtests.  Says what it installs; installs nothing that is there.

BUILD_PACKAGES="build-essential autoconf automake pkg-config gettext ca-certificates
 libglib2.0-dev libmicrohttpd-dev libssl-dev libpq-dev libevent-dev
 libcurl4-openssl-dev libcrypt-dev zlib1g-dev libxml2-dev libgmime-3.0-dev
 libpsl-dev libsystemd-dev"
RUN_PACKAGES="postgresql-15 publicsuffix tzdata openssl curl python3"
TEST_PACKAGES="clang libclang-rt-14-dev llvm-14 python3-pytest python3-pytest-xdist python3-dateutil python3-icalendar libical-dev
 libmime-tools-perl dovecot-core"
CLIENT_PACKAGES="chromium chromium-driver python3-selenium mutt isync postfix
 libmail-imapclient-perl libio-socket-ssl-perl libencode-imaputf7-perl ruby offlineimap3 nodejs"
# Node.js from elsewhere brings npm along and keeps Debian's out.
command -v npm >/dev/null 2>&1 || CLIENT_PACKAGES="$CLIENT_PACKAGES npm"

# Prints the packages of "$@" that are not installed and that the archive has.
missing_packages() {
	for package in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || printf '%s\n' "$package"
	done
}

# need_packages NAME...: installs what is missing, as root or through sudo.
need_packages() {
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null 2>&1 || {
			echo "These packages are missing, and installing them needs root or sudo:" $missing >&2
			return 1
		}
		as_root=sudo
	fi
	echo "Installing:" $missing
	if ! $as_root apt-get update -qq >/dev/null 2>&1; then
		echo "The package lists could not be brought up to date; trying with the old ones." >&2
	fi
	# The PostgreSQL package must not start a cluster of its own: ours is private.
	if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o Dpkg::Use-Pty=0 $missing >/tmp/convoke-packages.$$ 2>&1; then
		cat /tmp/convoke-packages.$$ >&2
		rm -f /tmp/convoke-packages.$$
		return 1
	fi
	rm -f /tmp/convoke-packages.$$
}
