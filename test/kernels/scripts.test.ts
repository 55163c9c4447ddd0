/** Scripts whose objects every kernel must accept: each stands for something that one of them once refused. */
import { expect, it } from "vitest";
import { compileScript } from "../support/compile.js";
import { called } from "./called.js";
import { forgotten } from "./forgotten.js";
import { lost } from "./lost.js";
import { younger } from "./younger.js";
import { describeKernels, formatTable, loadOnKernels } from "./matrix.js";

const scripts: Readonly<Record<string, string>> = {
  // LLVM turns `i < n` into `i != n`, from which 5.10 and 6.1 learn nothing about `n`.
  "a loop bounded by a field": `
    struct Seen { at: u64; src: Ipv4Addr; }
    const events = new RingBuffer<Seen>(256KiB);
    xdp main(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const tcp = pkt.tcp ?? return PASS;
      for (let i = 0; i < tcp.dataOffset; i++) {
        if (i == 9) events.emit({ at: now(), src: ip.src });
      }
      return TX;
    }`,
  "options, lists, ranges and arrays": `
    let table: u32[4];
    xdp main(pkt) {
      const tcp = pkt.tcp ?? return PASS;
      let sum = 0;
      for (const option of tcp.options) if (option.kind == 2) sum += option.u16(2) ?? 0;
      for (const x of [1, 2, 3]) sum += x;
      for (const j of 0..3) sum += table[j];
      table[tcp.dataOffset % 4] += 1;
      return sum > 1500 ? DROP : PASS;
    }`,
  "an inner packet's addresses": `
    import { Vxlan } from "std/net/tunnel";
    xdp main(pkt) {
      const inner = pkt.vxlan?.ipv4 ?? return PASS;
      inner.src = 192.0.2.1;
      inner.ttl -= 1;
      return TX;
    }`,
  // What is known to be null has no value, and no code that reads it.
  "nulls that are known": `
    function typeOf(eth: Ethernet | null): u16 { return eth?.type ?? 7; }
    function large(tcp: Tcp | null): bool { return tcp && tcp.checksum >= 13 ? true : false; }
    xdp main(pkt) {
      const a: i16 | null = null;
      if (large(null)) return TX;
      print(\`\${a ?? 3}\`);
      return typeOf(null) == 3 || bytesOf(null) == 3 ? DROP : PASS;
    }
    function bytesOf(eth: Ethernet | null): u16 {
      if (eth && (eth.payload[3] ?? 1) == 2) return 1;
      if (eth && eth.payload.set(3, 4)) return 2;
      return eth ? eth.payload.u16(2) ?? 4 : 3;
    }`,
  "literals inside a returned struct": `
    struct Flow { a: u8[2]; name: string<4>; }
    function make(i: u8): Flow { return { a: [i, 1], name: "ab" }; }
    xdp main(pkt) {
      const flow = make(pkt.length as u8);
      return flow.a[0] == 4 && flow.name[1] == 98 ? DROP : PASS;
    }`,
  // LLVM makes `or` of an addition to an aligned slot: "bitwise operator |= on pointer prohibited".
  "an array on the stack": `
    xdp main(pkt) {
      let a: u16[4] = [pkt.queue as u16, 10, 11, 0xfffe];
      return pkt.length <= a[pkt.queue & 3] ? PASS : DROP;
    }`,
  // "32-bit pointer arithmetic prohibited".
  "the packet's length in narrow arithmetic": `
    struct Flag { set: bool; }
    const flags = new Array<Flag>(2);
    xdp main(pkt) {
      const flag = flags[pkt.length as u16 - (pkt.udp?.length ?? 0x12) & 1];
      return flag.set ? TX : PASS;
    }`,
  // A value that no path reaches is asked for all the same.
  "values that are never reached": `
    const counts = new PerCpuHash<u8, i32>(255);
    const limit: u64 = 7;
    xdp main(pkt) {
      if (:: == ::1 && (counts[pkt.length != pkt.queue ? 1 : 2] ?? 4) > 3) return DROP;
      let best: u32 | null = null;
      const rate: i8[2] = [5, 1];
      if (!best || rate[(best ? limit : pkt.length) >> 31]) return PASS;
      return DROP;
    }`,
  "a known null in a comparison": `
    xdp main(pkt) {
      const total: u64 | null = null;
      if (total == 18446744073709551615 || total != 3) return PASS;
      return DROP;
    }`,
  "a decided choice between null and a number": `
    xdp main(pkt) {
      const none: i16 | null = null;
      const chosen = 10.0.0.1 in 192.0.2.2/31 ? none : 3;
      return (chosen ?? 1) == 3 ? DROP : PASS;
    }`,
  // LLVM made two values of the one branch: four ways in each turn.
  "two cursors that move towards each other": `
    const keys = new Array<u32>(64);
    xdp main(pkt) {
      let low: u32 = 0;
      let high: u32 = 63;
      for (let turn = 0; turn < 10 && low < high; turn++) {
        if (keys[low] < pkt.length) low += 1;
        else high -= 1;
      }
      return low == 7 ? DROP : PASS;
    }`,
  "a layer in a loop that moves the packet": `
    xdp peel(pkt) {
      for (let i = 0; i < 3; i++) {
        const ip = pkt.ipv4 ?? continue;
        if (ip.ttl == 1) return DROP;
        if (!pkt.adjustTail(-4)) return ABORTED;
      }
      return PASS;
    }`,
  // LLVM refuses a symbol that has the name of a section.
  "a program without a name": "xdp(pkt) { return PASS; }",
  // The kernel is strict about the alignment of stack accesses.
  "an array of structs on the stack, with an address at 4": `
    struct Pair { a: u32; b: Ipv6Addr; }
    xdp main(pkt) {
      const pairs: Pair[2] = [{ a: pkt.length, b: ::1 }, { a: pkt.queue, b: 2001:db8::7 }];
      const pair = pairs[pkt.queue & 1];
      return pair.b == ::1 && pair.a == 60 ? DROP : PASS;
    }`,
  // LLVM asks for the packet's length again in place of whether Ethernet was found: "R2 invalid mem access 'scalar'".
  "a layer asked for again after a call": `
    struct Seen { count: u8; at: u64; }
    const seen = new Array<Seen>(2);
    xdp main(pkt) {
      const n = pkt.length ? pkt.ingress as u8 : seen[(pkt.ah?.spi ?? 8) & 1].count;
      const again = seen[n & 1];
      return again.at == pkt.eth.type ? ABORTED : DROP;
    }`,
  "a layer looked for in a loop that calls": `
    const seen = new Array<u64>(4);
    xdp main(pkt) {
      for (let i = 0; i < 4; i++) {
        seen[i] += 1;
        if ((pkt.sctp?.dst ?? 0) == seen[0]) pkt.eth.dst = 02:00:00:00:00:01;
      }
      return TX;
    }`,
  // LLVM asks for the packet's length again here too: there are more choices than it leads paths past.
  "many layers asked for without a call between": `
    import { Geneve, GtpuSession, GtpuPacket, Mpls } from "std/net/tunnel";
    xdp main(pkt) {
      if (pkt.ingress >= pkt.queue || (pkt.bytes[pkt.icmp?.type ?? 0xbf] ?? 0)) {
        if ((pkt.esp?.spi ?? 0x13) && (pkt.ingress != pkt.eth.type || pkt.eth.offset < 12)) return ABORTED;
      }
      if (pkt.eth.src in [ff:ff:ff:ff:ff:ff/48, 00:00:00:00:00:00, 01:00:5e:00:00:00/25]) return PASS;
      return DROP;
    }`,
  // LLVM takes the address out of the loop, and with it out of reach of the guard.
  "a byte that a loop asks for": `
    xdp main(pkt) {
      for (let i = 0; i < min(pkt.bytes[pkt.length] ?? 8, 8); i++) {}
      return ABORTED;
    }`,
  // Looked for in each turn they are "found, not there, or not looked for yet": a million instructions with three turns.
  "layers that a loop asks for": `
    import { Gtpu, GtpuPacket } from "std/net/tunnel";
    const seen = new Array<u32>(4);
    function teid(pkt: XdpPacket): u32 { return pkt.gtpu?.teid ?? 0; }
    xdp main(pkt) {
      for (let i = 0; i < (pkt.length % 16); i++) {
        if (pkt.routerAdvertisement) continue;
        const inner = pkt.gtpu?.gtpuPacket;
        if (inner?.ipv4 && i > 4) return DROP;
        seen[i & 3] = teid(pkt);
        if (pkt.icmpv6Error) break;
      }
      return TX;
    }`,
  // Were they not joined, each way through the extension headers would be one more walk through what follows.
  "four searches behind extension headers": `
    xdp main(pkt) {
      const a = pkt.ah?.spi ?? 0;
      const e = pkt.esp?.spi ?? 1;
      const x = pkt.extension?.units ?? 2;
      const t = pkt.tcp?.dst ?? pkt.udp?.dst ?? 3;
      return a == e && x == t ? DROP : PASS;
    }`,
  // The kernel knows nothing of what a remainder gives, or a shift by a variable.
  "limits of loops that only arithmetic shows": `
    const limits = new Array<u64>(2);
    let turns: u64;
    xdp main(pkt) {
      const n = limits[0] % 3;
      for (let i = 0; i < n; i++) turns += 1;
      let left = limits[1] % 7;
      while (left > 0) { left -= 1; turns += 2; }
      for (let i = 0; i < (pkt.length % 3); i++) turns += 1;
      for (let i: u32 = 0; i < (pkt.queue % 3); i++) turns += 1;
      return PASS;
    }`,
  "offsets that the kernel does not know": `
    xdp main(pkt) {
      const by = (pkt.icmp?.type ?? 127) as u8;
      if ((pkt.bytes[(pkt.bytes.u8(1499) ?? 7) >> by] ?? 0) == 3) return DROP;
      if ((pkt.bytes.u8((pkt.arp?.protocolLength ?? 63) % 0x22) ?? 0x7f) == 1) return TX;
      return (pkt.bytes[(pkt.udp?.src ?? 1) >> 2] ?? 0) == 2 ? DROP : PASS;
    }`,
  // A shift of what the kernel does not know: LLVM leaves the mask out, for it knows the remainder.
  "an index out of a remainder": `
    let table: u16[16];
    xdp main(pkt) {
      const udp = pkt.udp ?? return PASS;
      return table[(65534 % udp.checksum) >> 12] == 3 ? DROP : PASS;
    }`,
  // LLVM computes \`255 - x\` from the pointer: "min value is negative".
  "a complement as an offset": `
    xdp main(pkt) {
      const kind = pkt.eth.type;
      return (pkt.eth.payload.u16(~(kind as u8)) ?? 0) == kind ? DROP : PASS;
    }`,
  // Before 6.9 the kernel knows nothing of \`x ^ y\`: "math between pkt pointer and register with unbounded min value".
  "an offset out of two values": `
    const counts = new Array<u8>(64);
    xdp main(pkt) {
      const flag = (pkt.udp?.checksum ?? 1) == 0 ? 1 : 2;
      const byte = (counts[3] as u8) ^ (flag as u8);
      return (pkt.bytes[byte] ?? 0) == 3 ? DROP : PASS;
    }`,
  // LLVM makes an atomic \`or\` of it, which 5.10 does not have.
  "atomic additions of nothing": `
    let seen: u64;
    const slots = new Array<u64>(16);
    xdp main(pkt) {
      slots[pkt.queue % 16] += 0;
      for (let i = 0; i < 1; i++) seen += i * (256 - i);
      return PASS;
    }`,
  // What was found on the other path is a dead pointer where the paths meet.
  "a layer looked for after the packet may have moved": `
    xdp main(pkt) {
      const fin = pkt.tcp?.fin ?? 0;
      if (pkt.queue > 3) { const moved = pkt.adjustMeta(-8); }
      const limit = pkt.routerAdvertisement?.hopLimit ?? 127;
      return fin == 1 && limit == 3 ? DROP : PASS;
    }`,
  // LLVM stores behind the loop what each turn has computed, beginning with nothing: "R4 !read_ok".
  "a global that a loop writes": `
    let last: u8;
    const counts = new LruPerCpuHash<u8, i16>(1024);
    xdp main(pkt) {
      if (((counts.get(60) ?? 5) as u16) == 65535) {
        for (let i = 0; i < 256; i++) last = i as u8;
      }
      return DROP;
    }`,
  // The optimiser writes 3 in place of the value that is 3.
  "a loop that looks at its counter": `
    let total: u64;
    xdp main(pkt) {
      let left = pkt.length % 100;
      while (left != 0) { left -= 1; if (left == 3) total += 2; }
      return PASS;
    }`,
  "loops that double, and one of one turn": `
    let total: u64;
    xdp main(pkt) {
      const n = (pkt.udp?.length ?? 0) & 15;
      for (let i: u8 = 1; i < 8; i <<= 1) total += i + pkt.length;
      for (let i: u64 = 1; i <= n; i *= 2) { total += i; if (i == n) return DROP; }
      for (const i of 0..0) total += 1;
      return PASS;
    }`,
  // LLVM puts the end of the outer loop before its head: "back-edge from insn 18 to 19" up to 6.1.
  "a loop in a loop that calls": `
    const counts = new Hash<u32, i64>(255);
    xdp main(pkt) {
      for (let i = 0; i < min(pkt.eth.src as u64, 3); i++)
        for (let j = 0; j < 8; j++) counts.set(1, counts.get(1) ?? 0x1);
      return ABORTED;
    }`,
};

describeKernels("scripts", () => {
  it("load on every kernel that has what they use", async () => {
    const objects = await Promise.all(
      Object.entries({ ...scripts, ...forgotten, ...lost, ...called, ...younger }).map(
        async ([name, text]) => ({
          name,
          bytes: await compileScript(text),
        }),
      ),
    );
    const table = await loadOnKernels(objects);
    const judged = new Set(table.verdicts.map((one) => `${one.object} on ${one.kernel}`));
    expect(judged.size).toBe(objects.length * table.kernels.length);
    const refused = table.verdicts.filter((one) => {
      return !one.accepted && !(one.kernel === "5.10" && (one.object in younger || one.object in called));
    });
    expect(refused.length, formatTable(table)).toBe(0);
  }, 300_000);
});
