# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Loading packages of the distribution without installing them. Sourced.
#
# apt gets its own lists, cache and list of suites in a private folder, so nothing on the system changes and no
# privilege is needed. Signatures are verified as always, with the system's archive keys.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The archives this machine uses, as "URL LABEL CODENAME" lines.
archives() {
	apt-get indextargets --format "\$(REPO_URI) \$(LABEL) \$(CODENAME) \$(ORIGIN)" 'Created-By: Packages' |
		awk '$4 == "Debian" { print $1, $2, $3 }' | sort -u
}

# write_sources: a list of sources from lines "URL SUITE".
write_sources() {
	local url suite trust=''

	if [ -r "$KEYRING" ]; then
		trust="[signed-by=$KEYRING] "
	fi
	while read -r url suite; do
		printf 'deb %s%s %s main\n' "$trust" "$url" "$suite"
	done
}

# apt_setup DIR SUITES ARCHITECTURE: a private apt, or failure when this machine uses no Debian archive. SUITES is a
# command that turns the lines of archives into lines "URL SUITE". In DIR, status tells what counts as installed and
# preferences what to prefer; both are empty unless they are there. How to reach an archive (proxies and the like) is
# taken from the system, its hooks not.
apt_setup() {
	local dir=$1 suites=$2 arch=$3

	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	touch "$dir/status" "$dir/preferences"
	archives | "$suites" | sort -u | write_sources >"$dir/sources.list"
	[ -s "$dir/sources.list" ] || return 1
	{
		apt-config dump | grep '^Acquire'
		cat <<-EOF
			APT::Architecture "$arch";
			APT::Architectures { "$arch"; };
			Dir::State "$dir";
			Dir::State::Lists "$dir/lists";
			Dir::State::status "$dir/status";
			Dir::Cache "$dir";
			Dir::Etc::SourceList "$dir/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::Preferences "$dir/preferences";
			Dir::Etc::PreferencesParts "/dev/null";
			Acquire::Languages "none";
			Acquire::Retries "3";
			APT::Sandbox::User "";
		EOF
	} >"$dir/apt.conf"
	export APT_CONFIG=$dir/apt.conf
}
