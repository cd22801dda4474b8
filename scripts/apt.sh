# Installs and downloads packages with apt-get, also while another apt holds its locks. Sourced by other scripts.
#
# A new machine has no package lists, and updates itself in the background, for minutes. apt-get can wait for the
# installation lock (DPkg::Lock::Timeout), but fails immediately when the lists are locked.
#
# The sourcing script must define a function `say`, which writes a message.

apt_wait_s=300
apt_pause_s=5

# Fetches the package lists.
apt_update() {
  [ "$(id -u)" -eq 0 ] || { say "apt's package lists are missing or old; run: sudo apt-get update"; return 1; }
  say "updating apt's package lists"
  apt_waited_s=0
  until apt_output=$(LC_ALL=C apt-get update -qq 2>&1); do
    case $apt_output in *"Could not get lock"*) apt_is_locked=yes ;; *) apt_is_locked=no ;; esac
    if [ $apt_is_locked = no ] || [ $apt_waited_s -ge $apt_wait_s ]; then
      say "apt-get update failed: $apt_output"
      return 1
    fi
    [ $apt_waited_s -gt 0 ] || say "waiting for another apt, which holds the package lists"
    sleep $apt_pause_s
    apt_waited_s=$((apt_waited_s + apt_pause_s))
  done
}

# Installs the packages with the package lists at hand.
apt_install_by_lists() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=$apt_wait_s install -y -qq --no-install-recommends "$@" >&2
}

# Installs the packages; on failure, updates the package lists and retries once.
apt_install() {
  apt_install_by_lists "$@" || { apt_update && apt_install_by_lists "$@"; }
}

# As root, apt would warn that its own user can't write into most folders.
apt_download_by_lists() {
  apt-get -o APT::Sandbox::User=root download -qq "$1" >&2
}

# Downloads a package's file into the working folder; on failure, updates the package lists and retries once.
apt_download() {
  command -v apt-get >/dev/null || { say "there is no apt-get, and $1 comes from Debian or Ubuntu"; return 1; }
  apt_download_by_lists "$1" || { apt_update && apt_download_by_lists "$1"; }
}
