"""The shell scripts that boot a systemd in namespaces of its own; `systemd_bench` runs them.

Nothing of the host changes: the system's root is an overlay over the host's files whose changes stay in memory, devices
are only those that programs need, ``/proc/sys`` is read-only, and the control groups are below one that is removed.
"""

from __future__ import annotations

HOLD = r"""
set -eu
own=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$own"
mkdir "$own/groups"
mount -t cgroup2 cgroup2 "$own/groups"
group=$own/groups$(sed -n 's/^0:://p' /proc/self/cgroup)/ftpd-test-$$
mkdir "$group"
(
    # The subshell's own id, as $$ is the outer shell's.
    exec sh -c 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"' boot "$group" \
        unshare --mount --pid --fork --kill-child --cgroup --net --uts --ipc sh -c "$BOOT" boot "$own" "$@" \
        </dev/null
) &
echo $!
cat >/dev/null
kill -KILL $! 2>/dev/null || true
wait || true
# The namespace's processes end a moment after the first.
for _ in $(seq 100); do
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
    sleep 0.05
done
umount -l "$own"
rmdir "$own"
"""
"""Boots, prints the id of the process whose only child is systemd, and ends everything when standard input is closed.

Standard input is a pipe from the tests, so that a killed test leaves nothing behind.
"""

BOOT = r"""
set -eu
own=$1
shift
mkdir "$own/upper" "$own/work" "$own/root"
mount -t overlay -o "lowerdir=/,upperdir=$own/upper,workdir=$own/work" overlay "$own/root"
cd "$own/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
for name in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/${name#*:}" "dev/${name%:*}"; done
ln -s /proc/self/fd dev/fd
for device in null zero full random urandom tty; do
    : > "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
while [ $# -gt 0 ]; do
    mkdir -p ".$2"
    mount --bind "$1" ".$2"
    mount -o remount,bind,ro ".$2"
    shift 2
done

# Only what the tests need is started: no unit of this host, no mount, no setting of its kernel.
rm -rf etc/systemd/system/* etc/systemd/system.conf
for target in lib/systemd/system/*.target.wants; do
    find "$target" -mindepth 1 ! -name systemd-journald.service -delete
done
cat > etc/systemd/system/test.target <<'END'
[Unit]
Requires=basic.target systemd-journald.service
After=basic.target systemd-journald.service
AllowIsolate=yes
END
mkdir -p etc/systemd/journald.conf.d
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\n' > etc/systemd/journald.conf.d/test.conf
rm -f etc/machine-id
echo 0123456789abcdef0123456789abcdef > etc/machine-id
echo ftpd-test > etc/hostname

mkdir -p "$own/root/mnt"
pivot_root . mnt
umount -l /mnt
exec env -i container=ftpd-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=test.target --log-target=journal --show-status=false
"""
"""Makes the system's root and becomes its systemd; gets pairs of a folder and the place where it is to be seen."""
