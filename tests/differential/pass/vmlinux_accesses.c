/* Reads of a real kernel's structs, as tracing programs do them. Members that kernels had for long,
 * so that any vmlinux.h of a recent one will do.
 *
 * Left out as undecidable without clang's attribute: members that share a place with one of the
 * same type, which kernels use to make a member const or to name a group: dentry.d_name,
 * file.f_path, inode.i_nlink, vm_area_struct.vm_flags, the `headers` of sk_buff. */
#include "vmlinux.h"

extern u64 read_kernel(void* to, u32 size, const void* from);
extern u64 take(const void* pointer);

char LICENSE[] __attribute__((section("license"), used)) = "GPL";

struct event { /* ours */
  u32 pid, tgid;
  u64 value;
  const void* pointer;
  char comm[16];
};

static inline __attribute__((always_inline)) struct sock_common* common_of(struct sock* sk) {
  return &sk->__sk_common;
}

__attribute__((section("tp_btf/sched_switch"))) int on_switch(u64* ctx) {
  struct task_struct* previous = (void*)ctx[1];
  struct task_struct* next = (struct task_struct*)ctx[2];
  struct event event = {.pid = next->pid, .tgid = previous->tgid};
  event.value = next->se.vruntime + previous->se.load.weight;
  __builtin_memcpy(event.comm, next->comm, sizeof event.comm);
  return take(&event);
}

u64 task_scalars(struct task_struct* t) { return t->pid + t->flags + t->exit_code + t->prio; }
u64 task_bits(struct task_struct* t) { return t->sched_reset_on_fork + t->in_execve; }
u64 task_nested(struct task_struct* t) { return t->se.load.weight + t->thread_info.flags; }
u64 task_letter(struct task_struct* t) { return t->comm[0]; }
u64 task_letter_variable(struct task_struct* t, u64 i) { return t->comm[i & 15]; }
u64 task_name(struct task_struct* t) { return take(t->comm); }
u64 task_ancestors(struct task_struct* t) { return t->real_parent->group_leader->pid; }
u64 task_mm(struct task_struct* t) { return t->mm ? t->mm->map_count : t->active_mm->total_vm; }
u64 task_credentials(struct task_struct* t) { return t->cred->uid.val + t->real_cred->egid.val; }
u64 task_capabilities(struct task_struct* t) { return take(&t->cred->cap_effective); }
u64 task_signal(struct task_struct* t) { return t->signal->nr_threads + t->signal->live.counter; }
u64 task_limit(struct task_struct* t) { return t->signal->rlim[7].rlim_cur; }
u64 task_limit_variable(struct task_struct* t, u64 i) { return t->signal->rlim[i & 15].rlim_max; }
u64 task_pid_of_type(struct task_struct* t, u64 i) { return t->signal->pids[i & 3]->level; }
u64 task_number_in_namespace(struct task_struct* t) { return t->thread_pid->numbers[0].nr; }
u64 task_number_in_level(struct task_struct* t) {
  struct pid* pid = t->thread_pid;
  return pid->numbers[pid->level & 7].nr;
}
u64 task_node_name(struct task_struct* t) { return t->nsproxy->uts_ns->name.nodename[0]; }
u64 task_cgroup(struct task_struct* t) { return t->cgroups->dfl_cgrp->kn->id; }
u64 task_cgroup_subsystem(struct task_struct* t) { return t->cgroups->subsys[1]->cgroup->level; }
u64 task_children(struct task_struct* t) {
  u64 count = 0;
  struct list_head* head = &t->children;
  struct list_head* walk = head->next;
  for (int i = 0; i < 8 && walk != head; i++, walk = walk->next) count++;
  return count;
}
u64 task_working_directory(struct task_struct* t) { return t->fs->pwd.dentry->d_inode->i_ino; }
u64 task_file(struct task_struct* t, u64 i) { return t->files->fdt->fd[i]->f_mode; }
u64 task_cpus(struct task_struct* t) { return t->cpus_mask.bits[0]; }
u64 task_read_by_function(struct task_struct* t) {
  struct mm_struct* mm = 0;
  u64 start = 0;
  read_kernel(&mm, sizeof mm, &t->mm);
  read_kernel(&start, sizeof start, &mm->arg_start);
  return start;
}
void task_store(struct task_struct* t, u64 value) { t->se.vruntime = value; }

u64 sock_ports(struct sock* sk) { return sk->__sk_common.skc_dport + sk->__sk_common.skc_num; }
u64 sock_addresses(struct sock* sk) {
  return sk->__sk_common.skc_daddr ^ sk->__sk_common.skc_rcv_saddr;
}
u64 sock_family(struct sock* sk) { return common_of(sk)->skc_family; }
u64 sock_state(struct sock* sk) { return sk->__sk_common.skc_state; }
u64 sock_bits(struct sock* sk) { return sk->__sk_common.skc_ipv6only; }
u64 sock_address_6(struct sock* sk) { return sk->__sk_common.skc_v6_daddr.in6_u.u6_addr8[3]; }
u64 sock_address_6_word(struct sock* sk) { return sk->__sk_common.skc_v6_daddr.in6_u.u6_addr32[1]; }
u64 sock_address_6_all(struct sock* sk, void* to) {
  __builtin_memcpy(to, &sk->__sk_common.skc_v6_daddr, 16);
  return 0;
}
u64 sock_queue(struct sock* sk) { return sk->sk_receive_queue.qlen; }
u64 sock_as_inet(struct sock* sk) { return ((struct inet_sock*)sk)->inet_sport; }
u64 sock_as_tcp(struct sock* sk) {
  struct tcp_sock* tp = (struct tcp_sock*)sk;
  return tp->snd_cwnd + tp->srtt_us + tp->inet_conn.icsk_retransmits;
}

u64 packet_length(struct sk_buff* skb) { return skb->len - skb->data_len; }
u64 packet_device(struct sk_buff* skb) { return skb->dev->ifindex; }
u64 packet_bits(struct sk_buff* skb) { return skb->cloned + skb->fclone; }
u64 packet_header(struct sk_buff* skb) { return skb->head[skb->mac_len]; }
u64 packet_control(struct sk_buff* skb) { return skb->cb[5]; }

u64 inode_scalars(struct inode* i) { return i->i_mode + i->i_uid.val + i->i_size + i->i_blkbits; }
u64 inode_file_system(struct inode* i) { return i->i_sb->s_magic + i->i_sb->s_type->name[0]; }
u64 dentry_chain(struct dentry* d) { return d->d_parent->d_parent->d_inode->i_ino; }
u64 file_operation(struct file* f) { return (u64)f->f_op->read_iter; }
u64 mapping_range(struct vm_area_struct* v) { return v->vm_end - v->vm_start + v->vm_pgoff; }
u64 request_disk(struct request* rq) { return rq->q->disk->major + rq->__data_len; }
u64 bio_sector(struct bio* bio) { return bio->bi_iter.bi_sector + bio->bi_io_vec[0].bv_len; }
u64 program_bits(struct linux_binprm* b) { return b->secureexec + b->argc + b->buf[2]; }
u64 event_record(struct trace_event_raw_sched_switch* e) { return e->prev_pid + e->next_comm[1]; }
u64 registers(struct pt_regs* r) { return r->ip + r->di; }
