// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What differs between kernels of several machines, and what only a module has; the values on real
 * kernels stand in tests/differential/targets.py.
 */
#include "bpf.h"

struct list_head {
  struct list_head *next, *prev;
} __core;

struct super_block {
  unsigned long s_magic;
} __core;

struct inode {
  unsigned short i_mode;
  struct super_block* i_sb;
  unsigned long i_ino;
  long long i_size;
} __core;

struct nf_conn {
  unsigned int timeout;
} __core;

/* These are in no kernel, but in the module nf_conntrack. */
struct nf_conntrack_net {
  unsigned int users4;
} __core;

struct nf_ct_gre_keymap {
  struct list_head list;
  unsigned int made_up;
} __core;

/* In no kernel and no module. */
struct nf_made_up {
  int member;
} __core;

/* Loads: their size follows the field. */
SEC("tp_btf/sched_switch") long loads(__u64* ctx) {
  struct inode* inode = (void*)ctx[0];
  struct list_head* head = (void*)ctx[1];
  return inode->i_ino + (long)inode->i_sb + inode->i_size + inode->i_mode + (long)head->prev;
}

/* Addresses, as BPF_CORE_READ makes them: what reads there has the size of the object's field. */
SEC("kprobe/do_exit") long addresses(__u64* ctx) {
  struct inode* inode = (void*)ctx[0];
  unsigned long ino = 0;
  long long size = 0;
  core_read(&ino, &inode->i_ino);
  core_read(&size, &inode->i_size);
  return ino + size;
}

SEC("kprobe/do_exit") long sizes(__u64* ctx) {
  struct inode* inode = (void*)ctx[0];
  return core_field_byte_size(inode->i_ino) + core_field_lshift_u64(inode->i_ino) +
         core_type_size(struct list_head);
}

SEC("tp_btf/sched_switch") long of_modules(__u64* ctx) {
  struct nf_conn* connection = (void*)ctx[0];
  struct nf_conntrack_net* net = (void*)ctx[1];
  return connection->timeout + net->users4;
}

SEC("tp_btf/sched_switch") long types_of_modules(__u64* ctx) {
  struct nf_ct_gre_keymap* keymap = (void*)ctx[0];
  return core_type_size(struct nf_ct_gre_keymap) + core_type_id_target(struct nf_ct_gre_keymap) +
         core_field_exists(keymap->list) + core_field_exists(keymap->made_up) +
         core_type_exists(struct nf_made_up);
}
