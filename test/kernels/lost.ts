/** More scripts of what LLVM, or a kernel's memory of states, once took from a program that was right. */
export const lost: Readonly<Record<string, string>> = {
  // `219 - flag` is `11 - flag` under the mask, which LLVM then leaves out, and makes of shifts in both directions.
  "a mask of a sum that is small under it": `
    import { Gre } from "std/net/tunnel";
    let text: string<16> = "xdpl";
    xdp main(pkt) {
      return redirect(text[(219 - ((pkt.gre?.keyPresent ?? 1) as u8)) & 15]);
    }`,
  // What is left out because it is never reached leaves a phi of one input behind.
  "a layer that is asked for again behind what is never reached": `
    let last8: u64;
    xdp main(pkt) {
      const ip11 = pkt.ipv6?.esp;
      if ((((((pkt.icmpError?.mtu ?? 65535) as u32) + ((pkt.bytes[3] ?? 0x3) as u32)) as Ipv4Addr) == 177.135.204.158 && !pkt.routerSolicitation)) return PASS;
      if ((((ip11?.sequence ?? 0) as u8) >> ((pkt.bytes.u16(2) ?? 0x1ff) as u8)) in 0xb0..0xfc) {
        const ip12 = pkt.extension ?? return PASS;
        last8 = 127;
      }
      let size13: ArpOperation = ((pkt.eth.dst == pkt.eth.dst || 0xa != 0xa) ? ArpOperation.REPLY : ArpOperation.REQUEST);
      return PASS;
    }`,
  // LLVM reads it once, and a kernel learns in each turn on which side of the counter it is.
  "a global beside a counter, in a loop that looks up maps": `
    const cells = new Array<u64>(64);
    const others = new Hash<u16, u16>(7);
    let last: u8;
    xdp main(pkt) {
      for (const [at, cell] of cells) {
        switch (0xfe - ((others.get((at >= last) as u16) ?? 13178) as u8)) {
          case 255:
            if (at == (pkt.eth.size as u64)) return DROP;
            const asked = pkt.neighborSolicitation ?? return PASS;
            break;
          case 2:
            const udp = pkt.udp ?? continue;
            const auth = pkt.ah ?? return TX;
            break;
        }
      }
      return DROP;
    }`,
  // The counter is negated, one added to it, and negated again.
  "a loop that counts down, and leaves early": `
    xdp main(pkt) {
      if ((pkt.bytes[2] ?? 255) in 0xa3..213 && !pkt.vlan && pkt.icmpError) {
        let left: u32 = 32;
        while (left > 0) {
          left -= 1;
          if (pkt.icmpError.tcp) {
            pkt.eth.src = pkt.eth.dst;
            break;
          }
        }
      } else {
        if ((pkt.bytes.u32(65535) ?? 0xfffffffe) <= 20) return DROP;
        const tcp = pkt.tcp;
      }
      return TX;
    }`,
  // The mask of twelve bits is taken in front of the swap of bytes, behind which kernels know nothing.
  "a field of some bits of swapped bytes, as a place in the packet": `
    const table = new Array<u64>(4096);
    xdp one(pkt) {
      const vlan = pkt.vlan ?? return PASS;
      return (pkt.bytes[vlan.id] ?? 0) == 3 ? DROP : PASS;
    }
    xdp two(pkt) {
      return (pkt.bytes[((pkt.vlan?.id ?? 4095) as u32) as u16] ?? 0) == 3 ? DROP : PASS;
    }
    xdp three(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      return (pkt.bytes[ip.fragmentOffset] ?? 0) == 3 ? DROP : PASS;
    }
    xdp four(pkt) {
      const vlan = pkt.vlan ?? return PASS;
      return table[vlan.id] == 3 ? DROP : PASS;
    }`,
  // Where registers are short the offset is saved, read back to be compared, and read back once more to be added.
  "an offset that is compared, and added, where registers are short": `
    import { Bridged } from "std/net/tunnel";
    xdp main(pkt) {
      const last: i64 = (((pkt.eth.dst as u64) as u8) <=
        ((pkt.bytes.u64((pkt.udp ? (pkt.eth.dst as u64) : 4294967295)) ?? 2) as u8)
        ? ((pkt.length as i64) - (pkt.length as i64))
        : (((pkt.routerSolicitation?.reserved ?? 0xffffffff) as i64) - 10));
      let flow: i64;
      if (!pkt.icmpError) flow = pkt.length;
      else flow = 11;
      if (pkt.bridged != null) {
        flow = min(last, last);
        print(\`v0 \${flow} v1 \${flow} v2 \${last} v3 \${last} v4 \${flow}!\`);
      }
      return DROP;
    }`,
  // Four bytes of an eight byte slot leave what was there before alive, another thing on each way through a loop.
  "keys and values that fill a part of their slots, in loops": `
    struct Last { best: u8; gamma: i64[1]; other: u8; }
    const names = new Array<string<3>>(16);
    const lasts = new Array<Last>(256);
    function f(): i64 | null {
      let one: Ipv4Addr = (hash((names[((names[1][0] as u32) - 128) % 16][((0b1011 as u16) >> 0x8) % 3] as u32)) as Ipv4Addr);
      switch ((names[(((one as u32) as u16) >> 0xf) & 15][0] as u16)) {
        case 2: names[((one as u32) as u16) & 15] = "xdp"; names.set((~(one as u32)), "xdp"); break;
        case 0xffff: names[15] = "a"; break;
        default: return (one as u32);
      }
      return ((one as u32) as i64);
    }
    xdp main(pkt) {
      const ip = pkt.ipv4;
      let flow: u16 = 0;
      for (const n of 0..3) {
        const port = f();
        if ((names[lasts[(flow & (ip?.checksum ?? 11)) % 256].best % 16][((ip?.id ?? 1) ^ 5) < 3 ? 1 : 0]) == names[0][2]) return PASS;
        for (let i: u16 = 0; i < 15; i++) flow -= ((~((ip?.dontFragment ?? 0x1) as i16)) as u16);
      }
      return PASS;
    }`,
  // Ways that a kernel finds to be alike only where it keeps a state: it kept them where they missed each other.
  "a loop whose turns are left in the middle, in another one": `
    import { Dns } from "std/net/dns";
    let last9: u8;
    let alpha13: u32[1] = [65534];
    const map14 = new LruHash<i64, u32>(1024);
    const map15 = new Array<u8>(1);
    xdp main(pkt) {
      for (let i20: u32 = 15; i20 > 0; i20--) {
        const count21 = map15[min(((alpha13[min(((last9 as u32) - pkt.length), 0)] as u16) << 0b1111), 0)];
        let left22 = (pkt.dns ? (map14.get((~(i20 as i64))) ?? 4294967294) : 1);
        while (left22 != 0) {
          left22 /= 2;
        }
      }
      pkt.bytes.setU32(pkt.length, random());
      return DROP;
    }`,
  // LLVM knows that it is `last7` after the first turn that finds its entry, whichever that is.
  "a number that is the same one after each of many turns": `
    param last7: u8 = 4;
    let best6: u16;
    const map12 = new Array<u64>(1024);
    xdp main(pkt) {
      const header39 = pkt.ipv6 ?? return DROP;
      let total40: i16 = 0x14;
      if (best6 >= 9005) {
        best6 = 11;
        total40 |= 0xa;
      }
      for (const [rate45, left46] of map12) {
        total40 -= (((total40 as u32) - (last7 as u32)) as i16);
      }
      const index49 = map12.get(hash((total40 as u32))) ?? return XdpAction.PASS;
      map12[(last7 as u32) & 1023] ^= 8;
      return PASS;
    }`,
  // LLVM asks once more how two numbers compare, in place of whether a layer was found; what was pruned hid the choice.
  "a layer whose search a comparison of numbers decided": `
    struct Gamma0 { index1: bool; count2: i8; limit3: i8; }
    const map22 = new LruPerCpuHash<Gamma0, u32>(1024);
    xdp main(pkt) {
      if ((((pkt.bytes.u8((0b1000000000000 as u16)) ?? 0b1010) as u64) <= ((pkt.arp?.protocolType ?? 65535) as u64) || pkt.tcp)) {
        const ip61 = pkt.ipv4 ?? return ABORTED;
        ip61.ttl <<= 7;
      }
      const layer62 = pkt.esp;
      print(\`v0 \${pkt.ingress}!\`);
      pkt.eth.type = ((((map22.get({ index1: (layer62?.sequence ?? 8) > 15, count2: 0b1111111, limit3: (14 as i8) }) ?? 512) as u16) - 65535) * (~(pkt.udp?.length ?? 0b1110)));
      if (pkt.queue === 127) return ABORTED;
      pkt.eth.src = 02:00:00:00:00:01;
      return PASS;
    }`,
  // LLVM makes `or` of a sum in whose parts no bit is the same, of which kernels up to 6.10 know nothing.
  "offsets that are sums of parts that share no bit": `
    const flags = new Hash<u32, i8>(16);
    const table = new Array<u8>(4096);
    xdp comparison(pkt) {
      const icmp = pkt.icmpError ?? return PASS;
      icmp.payload.setU16((((flags.get(7) ?? (-7)) >= 0x0) as u32), 3);
      return DROP;
    }
    xdp halves(pkt) {
      const hi = table[pkt.queue & 255];
      const lo = table[pkt.ingress & 255];
      const at = ((((hi & 15) as u16) << 8) + (lo as u16));
      return (pkt.bytes[at] ?? 0) == 3 && (pkt.bytes[((hi & 0xf0) as u16) + ((lo & 15) as u16)] ?? 0) == 4 ? DROP : PASS;
    }
    xdp choice(pkt) {
      const hi = pkt.bytes[0] ?? 0;
      const lo = pkt.bytes[1] ?? 0;
      let at: u16 = 0;
      if (hi > 3) at = 256; else if (hi == 2) at = 512;
      at += lo as u16;
      return (pkt.bytes[at] ?? 0) == 3 && table[at] == 2 ? DROP : PASS;
    }
    xdp differences(pkt) {
      const hi = pkt.bytes[0] ?? 0;
      const lo = pkt.bytes[1] ?? 0;
      const far = 1000 - ((hi & 0xf0) as u16) - ((lo & 15) as u16);
      return (pkt.bytes[far] ?? 0) == 3 ? DROP : PASS;
    }`,
  // LLVM leaves out the mask of the smaller one, or moves it; kernels before 6.12 know the larger bound, or none.
  "the smaller and the larger one of two numbers, masked and as they are": `
    struct Row { cells: u8[64]; }
    const rows = new Array<Row>(4);
    const wide = new Array<u16>(8);
    xdp smaller(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const cell = wide[(pkt.bytes[0] ?? 0) & 7];
      return rows[pkt.queue & 3].cells[min(cell, (ip.ihl as u16)) & 63] == 3 ? DROP : PASS;
    }
    xdp larger(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const lo = pkt.bytes[1] ?? 0;
      const flag = pkt.length > 100;
      return (ip.payload[max((((lo & 15) as u16) + 100), ((ip.ihl as u16) + (flag as u16)))] ?? 0) == 3 ? DROP : PASS;
    }
    xdp offset(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const lo = pkt.bytes[1] ?? 0;
      return (ip.payload.u16(min((lo as u16), (ip.size as u16))) ?? 0) == 3 ? DROP : PASS;
    }`,
  "a mask that moves to one side of an or, and a shift by a flag": `
    struct Row { cells: u8[64]; }
    const rows = new Array<Row>(4);
    xdp sides(pkt) {
      const flag = pkt.length > 100;
      const at = pkt.queue as u16;
      return rows[pkt.queue & 3].cells[(at | (14 - (flag ? 0 : 1) as u16)) & 63] == 3 ? DROP : PASS;
    }
    xdp powers(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const flag = pkt.length > 100;
      return ip.payload.setU16((((flag ? 256 : 512) >> 1) as u16), 4) ? DROP : PASS;
    }`,
  // LLVM leaves out the mask: `15 >> n` is no more than 15, of which no kernel knows anything.
  "a loop as often as a shifted number says": `
    const rates: i8[8] = [(-0x7), (-0x80), 60, 20, 20, 10, (-0x3), (-0x3c)];
    const most: i64 = 15;
    const cells = new Array<u8>(7);
    xdp main(pkt) {
      let last: u16 | null = ((rates[clamp(((pkt.icmp?.code ?? 255) as u32), 0, 7)] as u32) in 3960998396..0xf188bb1b ? (~(cells[2] as u16)) : ((most as u16) >> (rates[now() & 7] as u64)));
      for (let i = 0; i < ((last ?? 10) % 16); i++) {
      }
      return DROP;
    }`,
};
