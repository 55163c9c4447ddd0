/** Scripts with what LLVM, or a kernel's memory of states, once took from a program that was right. */
export const forgotten: Readonly<Record<string, string>> = {
  // LLVM knows that `1 << x` fits into a byte, and leaves its mask out; of shifts by variables kernels know nothing.
  "an offset that is shifted by a variable": `
    xdp main(pkt) {
      const x = pkt.bytes[1 as u8 << pkt.length] ?? 2;
      return x == 3 ? DROP : PASS;
    }`,
  "a mask that LLVM finds to change nothing": `
    xdp main(pkt) {
      const table: i64[4] = [pkt.ingress as i64, 5, 12, pkt.length as i64];
      return table[2 as u8 >> (pkt.vlan?.dropEligible ?? 1 as u64) & 3] == 7 ? DROP : PASS;
    }`,
  // LLVM carries the outcome of the layer's check through the loop, as a number beside the pointer.
  "a layer that is asked for again behind a loop": `
    xdp main(pkt) {
      for (let i = 0; i < 3; i++) {
        for (const n of 3..7) pkt.extension;
        pkt.udp != null;
      }
      const part = pkt.eth.src as u8 / (pkt.extension?.nextHeader ?? 255);
      const udp = pkt.udp ?? return redirect(12);
      udp.length -= part;
      return PASS;
    }`,
  "a layer behind a loop without effect": `
    xdp main(pkt) {
      for (const n of 0..255) const one = pkt.extension ?? break;
      switch (pkt.eth.dst as u32 >> pkt.length) {
        case 4294967294: break;
        default: print(\`\${pkt.ipv6?.flowLabel ?? 0x100}\`);
      }
      return PASS;
    }`,
  // A length that the script has compared is another one on each way through a round: 2^40 places for the last option.
  "options of one length": `
    let seen: u64;
    xdp main(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      for (const option of ip.options) { seen += 1; if (option.length == 4) seen += option.u16(2) ?? 0; }
      return PASS;
    }`,
  // Whether it is there was a comparison's outcome to LLVM, and apart from the pointer.
  "a layer that is asked for behind another": `
    const ports = new DevMapHash(64);
    const cells = new Array<i64>(2);
    xdp main(pkt) {
      pkt.bytes.setU64(cells[1] as u32, cells[1] as u64 ^ 0xed08c4b29bcf7d3e);
      const udp = pkt.udp;
      pkt.ipv6 ?? return redirect(udp?.src ?? 4 as u32);
      if (pkt.ah) {
      }
      return redirect(ports, udp?.dst ?? 0xffff as u32);
    }`,
  "a layer whose field is kept behind a hash": `
    const marks = new Hash<Ipv4Addr, i8>(255);
    xdp main(pkt) {
      if (pkt.bytes.u16(54) == null) return DROP;
      if (pkt.bytes[64] ?? 0xa as u16) {
        const udp = pkt.udp;
        const keys: u16[1] = [155];
        for (const key of keys)
          marks[hash(pkt.neighborSolicitation?.reserved ?? key, pkt.length) as Ipv4Addr] = (udp?.length ?? 0x201) as i8;
      }
      return PASS;
    }`,
  // LLVM masks first and swaps then, of which kernels before 7.0 know no bound.
  "an offset that is a masked field": `
    xdp main(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const tcp = pkt.tcp ?? return PASS;
      return pkt.bytes[tcp.window & 511] == 7 || pkt.bytes[ip.id & 1023] == 3 ? DROP : PASS;
    }`,
  // What was on the stack before the first turn that wrote it was walked through to the end, from each turn on.
  "a thousand turns that now and then add an entry": `
    param limit: u16 = 100;
    const counts = new PerCpuHash<u16, u16>(16);
    xdp main(pkt) {
      for (let i = 0; i < 1024; i++) counts[4095] >>= max(i as u16, limit);
      return DROP;
    }`,
  "a thousand turns that now and then ask": `
    const prefixes = new LpmTrie<Ipv6Addr, u64>(16);
    const events = new RingBuffer<u64>(256KiB);
    xdp main(pkt) {
      for (const i of 0..1023) if (!events.emit(pkt.length)) prefixes.get(2001:db8::1) ?? break;
      return ABORTED;
    }`,
  // LLVM kept the global in a register through the loop, unset on the way that does not write it.
  "a global that a loop writes where a layer is found": `
    let seen: u8;
    xdp main(pkt) {
      if (pkt.ipv6) {
      } else {
        let turns: u16 = 0;
        while (turns < 255) {
          turns++;
          seen = pkt.icmpv6 ? 0 : turns as u8;
        }
      }
      return (pkt.neighborSolicitation?.reserved ?? 65_535) == pkt.queue ? DROP : ABORTED;
    }`,
  // LLVM asks again for `queue == 7` in place of whether Ethernet was looked for; no kernel remembers that it is not 7.
  "a layer that one way has looked for": `
    struct Row { cells: i32[3]; }
    const rows = new Array<Row>(256);
    xdp main(pkt) {
      if (rows[0].cells[(pkt.queue == 7 ? pkt.eth.type : 0) % 3] < pkt.ingress) return DROP;
      return pkt.eth.type ? ABORTED : DROP;
    }`,
};
