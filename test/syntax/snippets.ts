/** The scripts of the language's description. `…` stands for anything and is left out of bodies here. */
export const snippets: readonly string[] = [
  `xdp drop(pkt) {
  return DROP;
}
`,
  `import { Ipv4Addr } from "std/net";

param allowSsh = false;                              // set at load time: --set allowSsh=true

const blocked = new LpmTrie<Ipv4Addr, u64>(10_000);  // prefix -> packets dropped
const byPort = new PerCpuHash<u16, u64>(1024);

xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;                // not IPv4: let it through
  if (ip.src in blocked) {
    blocked[ip.src] += 1;                            // atomic: the map is shared between CPUs
    return DROP;
  }

  const tcp = pkt.tcp ?? return PASS;
  byPort[tcp.dst] += 1;                              // created at zero when missing
  if (tcp.dst == 22 && !allowSsh && !(ip.src in 10.0.0.0/8)) return DROP;
  if (tcp.dst in [23, 2323] || tcp.dst in 6000..6063) return DROP;
  return PASS;
}
`,
  `struct Bucket {
  tokens: u64;
  refilled: u64;   // ns
}

param rate: u64 = 1_000;     // packets per second and source
param burst: u64 = 2_000;

const buckets = new LruHash<Ipv4Addr, Bucket>(65_536);

function allow(b: Bucket, now: u64): bool {
  const earned = (now - b.refilled) * rate / 1s;
  if (earned > 0) {
    b.tokens = min(b.tokens + earned, burst);
    b.refilled = now;
  }
  if (b.tokens == 0) return false;
  b.tokens -= 1;
  return true;
}

xdp limit(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const bucket = buckets.get(ip.src);
  if (!bucket) {
    buckets.set(ip.src, { tokens: burst, refilled: now() });
    return PASS;
  }
  return allow(bucket, now()) ? PASS : DROP;
}
`,
  `export header Vxlan after Udp when (udp.dst == 4789) {
  flags: u8;
  reserved: u24;
  vni: u24;
  reserved2: u8;
  next Ethernet;
}

export header Ipv4 after Ethernet when (eth.type == 0x0800) {
  version: u4; ihl: u4; dscp: u6; ecn: u2;
  totalLength: u16;
  id: u16;
  reserved: u1; dontFragment: u1; moreFragments: u1; fragmentOffset: u13;
  ttl: u8; protocol: u8;
  checksum: u16;
  src: Ipv4Addr; dst: Ipv4Addr;
  size = ihl * 4;
}
`,
  `xdp loadBalance(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const tcp = pkt.tcp ?? return PASS;
  const backend = backends[hash(ip.src, ip.dst, tcp.src, tcp.dst) % 16];   // Array(16): proven in range, never null
  ip.dst = backend.addr;            // IPv4 and TCP checksums follow, incrementally (RFC 1624)
  ip.ttl -= 1;
  pkt.eth.dst = backend.mac;
  return TX;
}

xdp encap(pkt) {
  const inner = pkt.ipv4 ?? return PASS;
  inner.prepend<Ipv4>({ ttl: 64, protocol: 4, src: 10.0.0.1, dst: 10.0.0.2, totalLength: inner.totalLength + 20 });
  // \`inner\` may not be used any more: the packet moved. Using it is a compile error that says so.
  return TX;
}
`,
  `xdp loops(pkt) {
for (let i = 0; i < 8; i++) {}               // constant bound
for (let i = 0; i < tcp.dataOffset; i++) {}  // u4: at most 15, proven
for (const option of tcp.options) {}         // bounded by the header's own length
for (const [key, value] of flows) {}         // every entry of a map
}
`,
  `const opens = new Counter<Comm>();
const latency = new Histogram<Comm>();
const started = new Hash<u32, u64>();

tracepoint("syscalls:sys_enter_openat") {
  opens.add(comm());
}

fentry("vfs_read") {
  started[tid()] = now();
}

fexit("vfs_read") (file, buf, count, pos, ret) {
  const t = started.take(tid()) ?? return;
  latency.record(comm(), now() - t);
  if (ret < 0) print(\`\${comm()} failed with \${ret} on inode \${file.f_inode.i_ino}\`);
}

interval("1s") {
  opens.print({ top: 10 });
  opens.clear();
}
`,
  `tc.egress mark(pkt) {}
cgroup.connect4 guard(sock) { if (sock.dst in 169.254.0.0/16) return DENY; return ALLOW; }
lsm("file_open") audit(file) {}
uprobe("/bin/bash:readline") {}
`,
  `struct Drop { at: u64; src: Ipv4Addr; port: u16; }
const drops = new RingBuffer<Drop>(256KiB);

xdp report(pkt) {
  drops.emit({ at: now(), src: ip.src, port: tcp.dst });   // false when the buffer is full
  return PASS;
}
`,
  `import { Vxlan } from "std/net/tunnel";
import { allow } from "./rate-limit.xdpl";
`,
];
