#!/bin/busybox sh
# The first and only process tree of a kernel that boot.py boots: prints the release, what
# kernel_values says, and turns the machine off.
# shellcheck shell=sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
echo "RELEASE $(/bin/busybox uname -r)"
/kernel_values /kernel_values.o
echo "STATUS $?"
/bin/busybox poweroff -f
