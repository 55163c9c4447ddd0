/**
 * The kernel's helpers. Facts only.
 *
 * Numbers: `__BPF_FUNC_MAPPER` of include/uapi/linux/bpf.h; helpers are frozen at 211, what is newer is a kfunc.
 * Since: the kernel's history, as collected by isovalent/ebpf-docs (data/feature-versions.yaml, BSD-2-Clause).
 * G (GPL only) and the program types: probed on Linux 6.18, one load for each program type and helper, with a
 * proprietary license; older kernels may allow a helper to fewer types. M (moves the packet, so that packet pointers
 * die): `bpf_helper_changes_pkt_data` of net/core/filter.c; a tail call counts because the program called may.
 */
export interface Helper {
  readonly name: string;
  readonly number: number;
  /** The first kernel that has it, such as `4.18`. */
  readonly since: string;
  /** Whether only programs under a GPL-compatible license may call it. */
  readonly gplOnly: boolean;
  /** Whether every packet pointer of the program dies with the call. */
  readonly movesPacket: boolean;
  /** `BPF_PROG_TYPE_…` without the prefix, of those probed ({@link probedTypes}). */
  readonly programTypes: ReadonlySet<string>;
}

/** The letters of the table's last column; `*` is all of them. */
const typeLetters: readonly (readonly [letter: string, programType: string])[] = [
  ["f", "SOCKET_FILTER"],
  ["k", "KPROBE"],
  ["c", "SCHED_CLS"],
  ["t", "TRACEPOINT"],
  ["x", "XDP"],
  ["p", "PERF_EVENT"],
  ["g", "CGROUP_SKB"],
  ["s", "CGROUP_SOCK"],
  ["o", "SOCK_OPS"],
  ["S", "SK_SKB"],
  ["d", "CGROUP_DEVICE"],
  ["m", "SK_MSG"],
  ["r", "RAW_TRACEPOINT"],
  ["a", "CGROUP_SOCK_ADDR"],
  ["l", "SK_LOOKUP"],
  ["i", "SYSCALL"],
];

export const probedTypes: ReadonlySet<string> = new Set(typeLetters.map(([, type]) => type));

/** number, name, since, flags, program types */
const table = `
1 bpf_map_lookup_elem 3.18 - *
2 bpf_map_update_elem 3.18 - *
3 bpf_map_delete_elem 3.19 - *
4 bpf_probe_read 4.1 G ktpri
5 bpf_ktime_get_ns 4.1 - *
6 bpf_trace_printk 4.1 G *
7 bpf_get_prandom_u32 4.17 - *
8 bpf_get_smp_processor_id 4.1 - *
9 bpf_skb_store_bytes 4.1 M cS
10 bpf_l3_csum_replace 4.1 M c
11 bpf_l4_csum_replace 4.1 M c
12 bpf_tail_call 4.2 M *
13 bpf_clone_redirect 4.2 M c
14 bpf_get_current_pid_tgid 4.2 - *
15 bpf_get_current_uid_gid 4.2 - *
16 bpf_get_current_comm 4.2 - *
17 bpf_get_cgroup_classid 4.3 - *
18 bpf_skb_vlan_push 4.3 M c
19 bpf_skb_vlan_pop 4.3 M c
20 bpf_skb_get_tunnel_key 4.3 - c
21 bpf_skb_set_tunnel_key 4.3 - c
22 bpf_perf_event_read 4.3 G *
23 bpf_redirect 4.4 - cx
24 bpf_get_route_realm 4.4 - c
25 bpf_perf_event_output 4.4 G *
26 bpf_skb_load_bytes 4.5 - fcgS
27 bpf_get_stackid 4.6 G ktpri
28 bpf_csum_diff 4.6 - cx
29 bpf_skb_get_tunnel_opt 4.6 - c
30 bpf_skb_set_tunnel_opt 4.6 - c
31 bpf_skb_change_proto 4.8 M c
32 bpf_skb_change_type 4.8 - c
33 bpf_skb_under_cgroup 4.8 - c
34 bpf_get_hash_recalc 4.8 - c
35 bpf_get_current_task 4.8 G *
36 bpf_probe_write_user 4.8 - -
37 bpf_current_task_under_cgroup 4.9 - *
38 bpf_skb_change_tail 4.9 M cS
39 bpf_skb_pull_data 4.9 M cS
40 bpf_csum_update 4.9 - c
41 bpf_set_hash_invalid 4.9 - c
42 bpf_get_numa_node_id 4.10 - *
43 bpf_skb_change_head 4.10 M cS
44 bpf_xdp_adjust_head 4.10 M x
45 bpf_probe_read_str 4.11 G ktpri
46 bpf_get_socket_cookie 4.12 - fcgsoSai
47 bpf_get_socket_uid 4.12 - fcgS
48 bpf_set_hash 4.13 - c
49 bpf_setsockopt 4.13 - oa
50 bpf_skb_adjust_room 4.13 M cS
51 bpf_redirect_map 4.14 - x
52 bpf_sk_redirect_map 4.14 - S
53 bpf_sock_map_update 4.14 - o
54 bpf_xdp_adjust_meta 4.15 M x
55 bpf_perf_event_read_value 4.15 G *
56 bpf_perf_prog_read_value 4.15 G p
57 bpf_getsockopt 4.15 - oa
58 bpf_override_return 4.16 - -
59 bpf_sock_ops_cb_flags_set 4.16 - o
60 bpf_msg_redirect_map 4.17 - m
61 bpf_msg_apply_bytes 4.17 - m
62 bpf_msg_cork_bytes 4.17 - m
63 bpf_msg_pull_data 4.17 M m
64 bpf_bind 4.17 - a
65 bpf_xdp_adjust_tail 4.18 M x
66 bpf_skb_get_xfrm_state 4.18 - c
67 bpf_get_stack 4.18 G ktpri
68 bpf_skb_load_bytes_relative 4.18 - fcg
69 bpf_fib_lookup 4.18 G cx
70 bpf_sock_hash_update 4.18 - o
71 bpf_msg_redirect_hash 4.18 - m
72 bpf_sk_redirect_hash 4.18 - S
73 bpf_lwt_push_encap 4.18 M -
74 bpf_lwt_seg6_store_bytes 4.18 M -
75 bpf_lwt_seg6_adjust_srh 4.18 M -
76 bpf_lwt_seg6_action 4.18 M -
77 bpf_rc_repeat 4.18 - -
78 bpf_rc_keydown 4.18 - -
79 bpf_skb_cgroup_id 4.18 - cg
80 bpf_get_current_cgroup_id 4.18 - *
81 bpf_get_local_storage 4.19 - gsoda
82 bpf_sk_select_reuseport 4.19 - -
83 bpf_skb_ancestor_cgroup_id 4.19 - cg
84 bpf_sk_lookup_tcp 4.20 - cxgSa
85 bpf_sk_lookup_udp 4.20 - cxgSa
86 bpf_sk_release 4.20 - cxgSal
87 bpf_map_push_elem 4.20 - *
88 bpf_map_pop_elem 4.20 - *
89 bpf_map_peek_elem 4.20 - *
90 bpf_msg_push_data 4.20 M m
91 bpf_msg_pop_data 5.0 M m
92 bpf_rc_pointer_rel 5.0 - -
93 bpf_spin_lock 5.1 - *
94 bpf_spin_unlock 5.1 - *
95 bpf_sk_fullsock 5.1 - cg
96 bpf_tcp_sock 5.1 - cgo
97 bpf_skb_ecn_set_ce 5.1 - cg
98 bpf_get_listener_sock 5.1 - cg
99 bpf_skc_lookup_tcp 5.2 - cxgSa
100 bpf_tcp_check_syncookie 5.2 G cx
101 bpf_sysctl_get_name 5.2 - -
102 bpf_sysctl_get_current_value 5.2 - -
103 bpf_sysctl_get_new_value 5.2 - -
104 bpf_sysctl_set_new_value 5.2 - -
105 bpf_strtol 5.2 - *
106 bpf_strtoul 5.2 - *
107 bpf_sk_storage_get 5.2 - cgsomai
108 bpf_sk_storage_delete 5.2 - cgomai
109 bpf_send_signal 5.3 - *
110 bpf_tcp_gen_syncookie 5.4 G cx
111 bpf_skb_output 5.5 G i
112 bpf_probe_read_user 5.5 G *
113 bpf_probe_read_kernel 5.5 G *
114 bpf_probe_read_user_str 5.5 G *
115 bpf_probe_read_kernel_str 5.5 G *
116 bpf_tcp_send_ack 5.6 - -
117 bpf_send_signal_thread 5.6 - *
118 bpf_jiffies64 5.6 - *
119 bpf_read_branch_records 5.7 G p
120 bpf_get_ns_current_pid_tgid 5.7 - *
121 bpf_xdp_output 5.7 G i
122 bpf_get_netns_cookie 5.7 - fcgsoma
123 bpf_get_current_ancestor_cgroup_id 5.7 - *
124 bpf_sk_assign 5.7 - cl
125 bpf_ktime_get_boot_ns 5.8 - *
126 bpf_seq_printf 5.8 - -
127 bpf_seq_write 5.8 - -
128 bpf_sk_cgroup_id 5.8 - g
129 bpf_sk_ancestor_cgroup_id 5.8 - g
130 bpf_ringbuf_output 5.8 - *
131 bpf_ringbuf_reserve 5.8 - *
132 bpf_ringbuf_submit 5.8 - *
133 bpf_ringbuf_discard 5.8 - *
134 bpf_ringbuf_query 5.8 - *
135 bpf_csum_level 5.8 - c
136 bpf_skc_to_tcp6_sock 5.9 - fcxgoSmali
137 bpf_skc_to_tcp_sock 5.9 - fcxgoSmali
138 bpf_skc_to_tcp_timewait_sock 5.9 - fcxgoSmali
139 bpf_skc_to_tcp_request_sock 5.9 - fcxgoSmali
140 bpf_skc_to_udp6_sock 5.9 - fcxgoSmali
141 bpf_get_task_stack 5.9 - *
142 bpf_load_hdr_opt 5.10 - o
143 bpf_store_hdr_opt 5.10 M o
144 bpf_reserve_hdr_opt 5.10 - o
145 bpf_inode_storage_get 5.10 - -
146 bpf_inode_storage_delete 5.10 - -
147 bpf_d_path 5.10 - i
148 bpf_copy_from_user 5.10 - *
149 bpf_snprintf_btf 5.10 - *
150 bpf_seq_printf_btf 5.10 - -
151 bpf_skb_cgroup_classid 5.10 - c
152 bpf_redirect_neigh 5.10 - c
153 bpf_per_cpu_ptr 5.10 - *
154 bpf_this_cpu_ptr 5.10 - *
155 bpf_redirect_peer 5.10 - c
156 bpf_task_storage_get 5.11 - *
157 bpf_task_storage_delete 5.11 - *
158 bpf_get_current_task_btf 5.11 G *
159 bpf_bprm_opts_set 5.11 - -
160 bpf_ktime_get_coarse_ns 5.11 - fcxgsoSmal
161 bpf_ima_inode_hash 5.11 - -
162 bpf_sock_from_file 5.11 - i
163 bpf_check_mtu 5.12 G cx
164 bpf_for_each_map_elem 5.13 - *
165 bpf_snprintf 5.13 G *
166 bpf_sys_bpf 5.14 - i
167 bpf_btf_find_by_name_kind 5.14 - i
168 bpf_sys_close 5.14 - i
169 bpf_timer_init 5.15 G *
170 bpf_timer_set_callback 5.15 G *
171 bpf_timer_start 5.15 G *
172 bpf_timer_cancel 5.15 G *
173 bpf_get_func_ip 5.15 G ktpri
174 bpf_get_attach_cookie 5.15 - ktpr
175 bpf_task_pt_regs 5.15 G *
176 bpf_get_branch_snapshot 5.16 G *
177 bpf_trace_vprintk 5.16 G *
178 bpf_skc_to_unix_sock 5.16 - fcxgoSmali
179 bpf_kallsyms_lookup_name 5.16 - i
180 bpf_find_vma 5.17 - *
181 bpf_loop 5.17 - *
182 bpf_strncmp 5.17 - *
183 bpf_get_func_arg 5.17 - -
184 bpf_get_func_ret 5.17 - -
185 bpf_get_func_arg_cnt 5.17 - -
186 bpf_get_retval 5.18 - sda
187 bpf_set_retval 5.18 - sda
188 bpf_xdp_get_buff_len 5.18 - xi
189 bpf_xdp_load_bytes 5.18 - x
190 bpf_xdp_store_bytes 5.18 - x
191 bpf_copy_from_user_task 5.18 G *
192 bpf_skb_set_tstamp 5.18 - c
193 bpf_ima_file_hash 5.18 - -
194 bpf_kptr_xchg 5.19 - *
195 bpf_map_lookup_percpu_elem 5.19 - *
196 bpf_skc_to_mptcp_sock 5.19 - fcxgoSmali
197 bpf_dynptr_from_mem 5.19 - *
198 bpf_ringbuf_reserve_dynptr 5.19 - *
199 bpf_ringbuf_submit_dynptr 5.19 - *
200 bpf_ringbuf_discard_dynptr 5.19 - *
201 bpf_dynptr_read 5.19 - *
202 bpf_dynptr_write 5.19 - *
203 bpf_dynptr_data 5.19 - *
204 bpf_tcp_raw_gen_syncookie_ipv4 6.0 G cx
205 bpf_tcp_raw_gen_syncookie_ipv6 6.0 G cx
206 bpf_tcp_raw_check_syncookie_ipv4 6.0 G cx
207 bpf_tcp_raw_check_syncookie_ipv6 6.0 G cx
208 bpf_ktime_get_tai_ns 6.1 - *
209 bpf_user_ringbuf_drain 6.1 - *
210 bpf_cgrp_storage_get 6.2 - *
211 bpf_cgrp_storage_delete 6.2 - *
`;

function parse(row: string): Helper {
  const [number = "", name = "", since = "", flags = "", letters = ""] = row.split(" ");
  return {
    name,
    number: Number(number),
    since,
    gplOnly: flags.includes("G"),
    movesPacket: flags.includes("M"),
    programTypes:
      letters === "*"
        ? probedTypes
        : new Set(typeLetters.filter(([letter]) => letters.includes(letter)).map(([, type]) => type)),
  };
}

const byName: ReadonlyMap<string, Helper> = new Map(
  table
    .trim()
    .split("\n")
    .map((row) => parse(row))
    .map((helper) => [helper.name, helper]),
);

/** A helper by its name, such as `bpf_ktime_get_ns`. */
export function helperNamed(name: string): Helper | undefined {
  return byName.get(name);
}

const byNumber: ReadonlyMap<number, Helper> = new Map([...byName.values()].map((one) => [one.number, one]));

/** By its number in `call 1`. */
export function helperNumbered(number: number): Helper | undefined {
  return byNumber.get(number);
}

export const helperNames: readonly string[] = [...byName.keys()];
