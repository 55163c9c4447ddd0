/** A kernel for tests that must not depend on the machine's: a few types, functions and tracepoints, written as C. */
import type { Btf, BtfId, BtfMember, BtfType } from "../../src/kernel/btf/btf.js";
import type { KernelFacts } from "../../src/kernel/facts.js";
import type { StaticProbe } from "../../src/kernel/static-probes.js";
import { fileHost } from "../../src/host.js";
import type { Host } from "../../src/resolve/index.js";

const source = `
struct vfsmount { int mnt_flags; };
struct qstr { unsigned int hash; unsigned int len; const char *name; };
struct super_block { unsigned int s_dev; };
struct inode { unsigned short i_mode; unsigned int i_uid; unsigned long i_ino; struct super_block *i_sb; };
struct dentry { struct qstr d_name; struct inode *d_inode; };
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct file { unsigned int f_mode; struct path f_path; struct inode *f_inode; long f_pos; };
struct mm_struct { struct task_struct *owner; unsigned long total_vm; };
struct task_struct {
  unsigned int __state; int prio; unsigned int policy:3; unsigned int in_execve:1;
  int pid; int tgid; struct task_struct *real_parent; struct mm_struct *mm; char comm[16]; unsigned long start_time;
};
struct sock_common { __be32 skc_daddr; __be32 skc_rcv_saddr; __be16 skc_dport; unsigned short skc_num; };
struct sock { struct sock_common __sk_common; unsigned char sk_state; };
struct bpf_iter_meta { unsigned long session_id; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
long vfs_read(struct file *file, char *buf, unsigned long count, long *pos);
long vfs_write(struct file *file, const char *buf, unsigned long count, long *pos);
int tcp_v4_connect(struct sock *sk, void *uaddr, int addr_len);
int bpf_lsm_file_open(struct file *file);
void btf_trace_sched_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next);
void btf_trace_sys_enter(void *data, void *regs, long id);
`;

const formats: Readonly<Record<string, readonly string[]>> = {
  "sched:sched_process_exec": [
    "__data_loc char[] filename;8;4;0",
    "pid_t pid;12;4;1",
    "pid_t old_pid;16;4;1",
  ],
  "sched:sched_process_exit": ["char comm[16];8;16;0", "pid_t pid;24;4;1", "int prio;28;4;1"],
  "sched:sched_switch": [
    "char prev_comm[16];8;16;0",
    "pid_t prev_pid;24;4;1",
    "int prev_prio;28;4;1",
    "long prev_state;32;8;1",
    "char next_comm[16];40;16;0",
    "pid_t next_pid;56;4;1",
    "int next_prio;60;4;1",
  ],
  "syscalls:sys_enter_openat": [
    "int __syscall_nr;8;4;1",
    "int dfd;16;8;0",
    "const char * filename;24;8;0",
    "int flags;32;8;0",
    "umode_t mode;40;8;0",
  ],
  "syscalls:sys_exit_openat": ["int __syscall_nr;8;4;1", "long ret;16;8;1"],
  "syscalls:sys_enter_read": [
    "int __syscall_nr;8;4;1",
    "unsigned int fd;16;8;0",
    "char * buf;24;8;0",
    "size_t count;32;8;0",
  ],
  "syscalls:sys_exit_read": ["int __syscall_nr;8;4;1", "long ret;16;8;1"],
  "raw_syscalls:sys_enter": ["long id;8;8;1", "unsigned long args[6];16;48;0"],
  "tcp:tcp_retransmit_skb": [
    "const void * skbaddr;8;8;0",
    "const void * skaddr;16;8;0",
    "int state;24;4;1",
    "__u16 sport;28;2;0",
    "__u16 dport;30;2;0",
    "__u16 family;32;2;0",
    "__u8 saddr[4];34;4;0",
    "__u8 daddr[4];38;4;0",
  ],
};

function formatText(fields: readonly string[]): string {
  const lines = fields.map((one) => {
    const [declaration, offset, size, signed] = one.split(";");
    return `\tfield:${declaration};\toffset:${offset};\tsize:${size};\tsigned:${signed};`;
  });
  return `format:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n${lines.join("\n")}\n`;
}

const ints: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  bool: [8, false],
  char: [8, true],
  "unsigned char": [8, false],
  "unsigned short": [16, false],
  int: [32, true],
  "unsigned int": [32, false],
  long: [64, true],
  "unsigned long": [64, false],
};

/** Types from declarations in C, laid out as C does. */
function btfOfC(text: string): Btf {
  const types: BtfType[] = [{ kind: "void" }];
  const named = new Map<string, BtfId>();
  const add = (type: BtfType): BtfId => types.push(type) - 1;
  const once = (key: string, make: () => BtfType): BtfId => {
    const known = named.get(key);
    if (known !== undefined) return known;
    const id = add({ kind: "void" });
    named.set(key, id);
    types[id] = make();
    return id;
  };
  const base = (name: string): BtfId => {
    if (name === "void") return 0;
    const struct = /^struct (\w+)$/.exec(name)?.[1];
    if (struct !== undefined)
      return once(name, () => ({ kind: "struct", name: struct, size: 0, members: [] }));
    const network = /^__be(16|32)$/.exec(name)?.[1];
    if (network !== undefined)
      return once(name, () => ({
        kind: "typedef",
        name,
        of: base(network === "16" ? "unsigned short" : "unsigned int"),
      }));
    const [bits, signed] = ints[name] ?? [32, true];
    return once(name, () => ({ kind: "int", name, bits, signed, bool: name === "bool" }));
  };
  /** `const char *name`, `char comm[16]`, `unsigned int policy:3` */
  const declared = (one: string): { name: string; type: BtfId; bits: number | undefined } => {
    const [, type = "", stars = "", name = "", length, bits] =
      /^(?:const )?(.*?)\s*(\**)(\w+)(?:\[(\d+)\])?(?::(\d+))?$/.exec(one.trim()) ?? [];
    let id = base(type.trim());
    for (const _ of stars) id = add({ kind: "pointer", to: id });
    if (length !== undefined) id = add({ kind: "array", element: id, length: Number(length) });
    return { name, type: id, bits: bits === undefined ? undefined : Number(bits) };
  };
  const sizeOf = (id: BtfId): number => {
    const type = types[id] ?? { kind: "void" };
    if (type.kind === "int") return type.bits / 8;
    if (type.kind === "typedef") return sizeOf(type.of);
    if (type.kind === "array") return type.length * sizeOf(type.element);
    return type.kind === "struct" ? type.size : 8;
  };
  const alignOf = (id: BtfId): number => {
    const type = types[id] ?? { kind: "void" };
    if (type.kind === "array") return alignOf(type.element);
    if (type.kind === "struct") return Math.max(1, ...type.members.map((one) => alignOf(one.type)));
    return sizeOf(id);
  };
  for (const [, name = "", body = ""] of text.matchAll(/struct (\w+) \{([^}]*)\};/g)) {
    let at = 0;
    const members: BtfMember[] = [];
    for (const one of body
      .split(";")
      .map((each) => each.trim())
      .filter((each) => each !== "")) {
      const { name: field, type, bits } = declared(one);
      const unit = sizeOf(type) * 8;
      if (bits === undefined || Math.floor(at / unit) !== Math.floor((at + bits - 1) / unit)) {
        const align = alignOf(type) * 8;
        at = Math.ceil(at / align) * align;
      }
      members.push({ name: field, type, bitOffset: at, bits });
      at += bits ?? unit;
    }
    const id = base(`struct ${name}`);
    types[id] = { kind: "struct", name, size: 0, members };
    const align = alignOf(id);
    types[id] = { kind: "struct", name, size: Math.ceil(at / 8 / align) * align, members };
  }
  for (const [, result = "", name = "", list = ""] of text.matchAll(/^(\w+) (\w+)\(([^)]*)\);/gm)) {
    const parameters = list.split(",").map(declared);
    const signature = add({ kind: "signature", result: base(result), parameters });
    if (name.startsWith("btf_trace_"))
      named.set(name, add({ kind: "typedef", name, of: add({ kind: "pointer", to: signature }) }));
    else named.set(name, add({ kind: "function", name, signature }));
  }
  const nameOf = (type: BtfType): string => ("name" in type ? type.name : "");
  return {
    type: (id) => types[id] ?? { kind: "void" },
    find: (kind, name) => {
      const id = types.findIndex((one) => one.kind === kind && nameOf(one) === name);
      return id < 0 ? undefined : id;
    },
    names: (kind) => types.filter((one) => one.kind === kind).map(nameOf),
  };
}

const btf = btfOfC(source);

function marked(name: string, words: string): StaticProbe {
  return { provider: "python", name, offset: 0x1000, semaphore: undefined, arguments: words };
}

/** Of a program: one at one place, one at places that differ, one with arguments that can't be read. */
const staticProbes: readonly StaticProbe[] = [
  marked("function__entry", "8@%rbp 8@%r12 -4@%eax"),
  marked("import__find__load__done", "8@%rax -4@%edx"),
  marked("line", "8@%r14 8@-16(%rbp) -4@%edx"),
  marked("line", "8@%r14 8@(%rax,%rdx,8) -4@$5"),
  marked("gc__ratio", "8f@%xmm0 -8@counted(%rip)"),
];

const testKernel: KernelFacts = {
  machine: "x64",
  btf: () => btf,
  tracepoint: (group, name) => {
    const fields = formats[`${group}:${name}`];
    return fields ? formatText(fields) : { missing: "tracepoint", problem: "" };
  },
  tracepoints: () => Object.keys(formats),
  staticProbes: (file) =>
    file === "/usr/bin/python3"
      ? staticProbes
      : { problem: `\`${file}\` can't be probed: there is no file ${file}.` },
};

/** Files as they are, and that kernel. */
export function testHost(): Host {
  const { kernel: _, ...host } = fileHost();
  return { ...host, kernel: testKernel };
}

/** A host that knows of no kernel. */
export function kernellessHost(): Host {
  const { kernel: _, ...host } = fileHost();
  return host;
}
