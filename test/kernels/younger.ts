/** Loops over hash maps came with 5.13. */
export const younger: Readonly<Record<string, string>> = {
  // The kernel lets nobody write a key.
  "a key that the body of a loop over a map changes": `
    struct Count { port: u16; name: string<4>; }
    const counts = new Hash<Count, Count>(16);
    function less(count: Count) { count.port -= 1; }
    xdp main(pkt) {
      for (const [key, value] of counts) {
        key.port += 2;
        less(key);
        const name = key.name;
        if (key in counts && name == "abc") counts.delete(key);
      }
      return PASS;
    }`,
  "an array map in a loop over a hash map": `
    const m = new LruHash<i64, i64>(1024);
    const a = new Array<i16>(16);
    xdp main(pkt) { for (const [k, v] of m) { a[0] = 5; } return PASS; }`,
  "a loop over a hash map where a struct is returned": `
    struct I { a: u16; }
    const n = new Hash<u32, u32>(4);
    function f(): I { for (const [k, v] of n) {} return { a: 5 }; }
    xdp main(pkt) { const p = f(); print(\`\${p.a}\`); return TX; }`,
  "every kind of result out of a loop over a hash map": `
    struct Pair { a: u32; b: Ipv6Addr; }
    const m = new Hash<u32, u32>(7);
    function mac(x: u32): MacAddr { for (const [k, v] of m) if (k == x) return 02:00:00:00:00:05; return 02:00:00:00:00:06; }
    function six(x: u32): Ipv6Addr | null { for (const [k, v] of m) { if (k == x) return null; if (k > 9) return 2001:db8::5; } return ::1; }
    function pair(x: u32): Pair | null { for (const [k, v] of m) { if (v == x) return { a: k, b: 2001:db8::7 }; if (k > 9) return null; } return null; }
    xdp main(pkt) {
      pkt.eth.dst = mac(pkt.length);
      const found = pair(3);
      print(\`\${six(pkt.length) ?? ::3} \${found ? found.b : ::9}\`);
      return PASS;
    }`,
  // A kernel from 6.7 on walked through the body for each value of what it counts, of which there was no end.
  "what a loop over a map has counted bounds another loop": `
    const rows = new Hash<u32, u16>(1);
    let seen: u64;
    xdp main(pkt) {
      let count: u32 = pkt.queue == 7 ? 12 : 3;
      let whole: u64 = 5;
      for (const [key, value] of rows) { count++; whole += 1 << 40; }
      for (let i = 0; i < min(count, 16); i++) seen += whole;
      return PASS;
    }`,
  "a layer behind a walk over a map": `
    const seen = new PerCpuHash<Ipv6Addr, u64>(16);
    xdp main(pkt) {
      if (pkt.queue != (pkt.eth.dst as u64)) const ah = pkt.ah ?? return TX;
      let table: i16[4] = [0x200, 14, 0xe, 0b1];
      const udp = pkt.udp;
      for (const [key, value] of seen) if (0) {}
      if (udp?.checksum) seen[::] -= table[table[0] & 3] as u64;
      return DROP;
    }`,
  // Of an offset that is 0 or -1 LLVM makes a subtraction, which no pointer into the stack takes.
  "bytes of a local at an offset of one bit": `
    import { Gre, Vxlan, Geneve, GtpuSession, Mpls } from "std/net/tunnel";
    param left: i64 = -4_096;
    param rate: u32 = 0x64;
    let last: MacAddr = 70:db:5c:b1:2b:ad;
    const cells = new PerCpuArray<u32>(256);
    const counts = new PerCpuHash<u16, i64>(256);
    const small = new Hash<i8, i16>(1);
    const sockets = new XskMap(2);
    xdp main(pkt) {
      last = 00:00:00:00:00:00;
      switch ((pkt.ingress as u64) != (left as u64) ? pkt.bytes[0] ?? (14 as u64) : 10) {
        case 0b1011:
          let pair: u8[2] = [rate as u8, 18];
          const cell = cells[
            min(
              pair[
                ((pair[
                  ((pkt.icmpv6?.code ?? (63 as u32)) < pkt.queue ? last as u64 : 0xffffffffffffffff) & 1
                ] as u64) -
                  0) &
                  1
              ] as u32,
              255,
            )
          ];
          switch (max(left as u64, pkt.ipv4?.ttl ?? (0x7 as u64))) {}
      }
      const chosen = cells[hash(pkt.geneve?.version ?? (3 as i32), pkt.bytes.u8(32768) ?? (6 as u32)) % 256];
      const router = pkt.routerAdvertisement ?? return DROP;
      for (const [key, value] of small) {}
      return redirect(sockets, router.reserved);
    }
    xdp first(pkt) {
      let name: string<4> = "lo";
      if ((0 < name[((name[1] + 3) as u8) & 3]) as u64) {}
      const wanted = pkt.routerSolicitation;
      counts[0x6140] >>=
        (wanted?.reserved ?? (0x12 as i64)) &
        (name[
          (name[(cells[0] < 0xffffffff ? pkt.length as u8 : 0b10100) % 4] < 14 ? 0x11 as u8 : name[1]) & 3
        ] as i64);
      return PASS;
    }
    xdp second(pkt) {
      const geneve = pkt.ipv6?.geneve;
      last = pkt.eth.src;
      let port = (pkt.sctp?.src ?? 17) as i64;
      for (const n of 0..99) {}
      return PASS;
    }`,
};
