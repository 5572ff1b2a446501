#!/bin/busybox sh
# The first and only process tree of a kernel that boot.py boots: prints the release, what each test
# says of its object, and turns the machine off.
# shellcheck shell=sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
echo "RELEASE $(/bin/busybox uname -r)"
for test in /tests/*; do
  "$test" "/objects/${test##*/}"
  echo "STATUS $?"
done
/bin/busybox poweroff -f
