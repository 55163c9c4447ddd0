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
  "a layer that is asked for in a loop, behind another that was not there": `
    const lists = new Array<u32>(2);
    xdp main(pkt) {
      lists.set(pkt.icmpv6?.checksum ?? 0xffff as u32, pkt.ingress);
      for (let i = 0; i < (pkt.arp?.protocolLength ?? 20) % 8; i++)
        if (hash(pkt.queue) as u64 === (pkt.ipv6?.hopLimit ?? 255 as u64)) (pkt.vlan?.id ?? 0xff) == lists[1];
      return ABORTED;
    }`,
  "a layer that is asked for behind a store into a map": `
    struct Row { left: u64; rate: u8; mac: MacAddr; last: bool; }
    const rows = new LpmTrie<u64, Row>(7);
    xdp main(pkt) {
      rows[pkt.arp?.hardwareLength ?? 2] = {
        left: 18446744073709551614, rate: 64, mac: pkt.eth.dst,
        last: (pkt.ah?.sequence ?? 100) >= (pkt.arp?.hardwareType ?? 65535 as u32),
      };
      if (pkt.echo?.sequence ?? 4096 as u64) if (pkt.vlan) pkt.ipv6 ?? return PASS;
      if (pkt.eth.src as u64 == 4819944332333040331) {}
      return DROP;
    }`,
  "a layer that is asked for in the block of a call": `
    struct Row { seen: bool; }
    let count: i32;
    const rows = new Hash<Ipv4Addr, Row>(2);
    const sockets = new XskMap(7);
    xdp main(pkt) {
      if (pkt.eth.type as u64) redirect(sockets, 8);
      rows[pkt.length as Ipv4Addr] = {
        seen: (pkt.bytes.u64(1) ?? 18446744073709551614) <= (pkt.fragment?.id ?? 0),
      };
      count |= pkt.ipv4?.checksum ?? 16;
      pkt.udp ?? return PASS;
      return ABORTED;
    }`,
  // A kernel marks the pointer of an access beyond the end, and forgets by it what was checked of another.
  "bytes that are checked where others were beyond the end": `
    xdp main(pkt) {
      for (const n of 291..511) pkt.eth;
      if (
        pkt.length ||
        (pkt.bytes.u32(
          pkt.bytes[clamp(pkt.eth.size as u8, 1, 0xb)] ?? 0x3 ? pkt.bytes.u64(pkt.length) ?? 15 : 65534,
        ) ??
          pkt.echo?.id)
      ) {
        const code = pkt.icmp?.code ?? 0xff;
      }
      return DROP;
    }`,
  // Nothing bounds a loop that is never reached; neither LLVM nor a kernel knows that it is not.
  "loops behind a length that no packet has": `
    const cells = new PerCpuArray<u32>(16);
    xdp main(pkt) {
      if (pkt.length >= 2147483647) {
        for (let i = 0; i < pkt.ingress % 3; i++) cells[0] += 1;
        for (let i: u8 = 0; i <= 0; i += 1) {
          for (const each of [533, 534]) {
            const udp = pkt.udp ?? continue;
            cells[1] += udp.length;
          }
        }
      }
      const ip = pkt.ipv4 ?? return ABORTED;
      let left = cells[(0 & (ip.size as u8)) % 16] as u32;
      while (left != 0) {
        left &= 0;
        const next = fibLookup(ip)?.ifindex ?? return cells[2] != 0x4 ? DROP : PASS;
      }
      ip.moreFragments *= 0;
      return DROP;
    }`,
  "a loop behind a case that no shift gives": `
    const cells = new PerCpuArray<u16>(16);
    xdp main(pkt) {
      switch ((pkt.bytes.length as u64) >> (cells[((pkt.eth.type as u32) << 31) & 15] as u64)) {
        case 17371986207647899075:
          for (let i = 0; i < pkt.eth.type % 3; i++) {
            const ip = pkt.ipv6 ?? continue;
            cells[3] += 1;
          }
          break;
      }
      return ABORTED;
    }`,
  // LLVM starts the counter with what was just found equal to its constant.
  "a loop that counts from the case it is in": `
    struct Size {
      left: IpProtocol; seen: i16; at: u8; flow: i8;
    }
    let last: MacAddr;
    let index: u8;
    const cells = new Array<u32>(1);
    const sizes = new PerCpuArray<Size>(255);
    const other = new Hash<u64, u8>(256);
    xdp(pkt) {
      const ip = pkt.ipv6 ?? return PASS;
      sizes.set(ip.hopLimit, {
        left: ip.dscp as IpProtocol,
        seen: index,
        at: cells[clamp(0, 0, 0)] as u8,
        flow: sizes[228].at as i8,
      });
      switch (last as u32) {
        case 60:
          last = pkt.eth.src;
          break;
        case 0:
          for (let i: u32 = 0; i < 15; i++) {}
      }
      return PASS;
    }`,
  // Looked for in front of the loop, and without asking for the layer around them.
  "layers inside others in a loop": `
    let seen: u64;
    xdp main(pkt) {
      for (let i = 0; i < 4; i++)
        if (pkt.ipv4) for (let j = 0; j < pkt.queue % 3; j++) if (pkt.ipv4.ipv4?.ipv6) seen += j;
      return DROP;
    }`,
  // LLVM knows what is loaded again, and leaves the mask out.
  "a shift of one, kept in a struct": `
    struct Row { at: u32; }
    const table: u8[8] = [0, 254, 34, 127, 8, 3, 255, 0x22];
    let flow: u64;
    xdp main(pkt) {
      const d = pkt.bytes.u64(64) ?? return DROP;
      const row: Row = { at: 1 as u32 >> d };
      if (pkt.vlan?.type ?? 0x8970) flow &= table[row.at & 7] as u64 & 2;
      return PASS;
    }`,
  // LLVM counts with what is to be taken away, negated, of which kernels before 6.18 know nothing.
  "a loop that counts two turns down": `
    let last: Ipv4Addr = 127.0.0.1;
    xdp main(pkt) {
      last = 0.0.0.0;
      let left: u32 = 2;
      while (left > 0) {
        left -= 1;
        if ((pkt.udp?.dst ?? 11) < 65535 && pkt.vlan != null) continue;
        last = 255.255.255.255;
      }
      return DROP;
    }`,
  // LLVM adds the index before it is compared.
  "a string's bytes in a loop that looks for a layer": `
    let name: string<3> = "a";
    xdp main(pkt) {
      let i: u32 = 0;
      while (i < 15) {
        i++;
        name[(pkt.queue as u16) % 3] &= name[min(i % 0xff, 2)];
        const udp = pkt.udp ?? break;
      }
      return DROP;
    }`,
  "bytes of a payload that may not be there, 400 times": `
    let seen: u64;
    xdp main(pkt) {
      const tcp = pkt.tcp ?? return PASS;
      for (let i = 0; i < 400; i++) if ((tcp.payload.u8(i) ?? 0) == 13) seen += 1;
      return PASS;
    }`,
  // Few passes are enough for a large module, but for one whose values take more than the stack then.
  "many layers in a loop, and writes": `
    struct Port2 {
      left3: i32;
      limit4: u64;
    }
    param left10: EtherType = EtherType.QINQ_OLD;
    let last13: bool;
    const map14 = new Hash<Port2, u16>(2);
    const map16 = new CpuMap(2);
    const map17 = new LruHash<Port2, i64>(1024);
    function fn18(delta19: i16): Ipv4Addr {
      return 224.0.0.251;
    }
    xdp main(pkt) {
      let left22 = (map17[{ left3: 0b1000000000000000, limit4: 0 }] ?? -9223372036854775807) as u32;
      while (left22 != 0) {
        left22 &= 0;
        switch (
          (last13 as u8) %
          ((map17.get({ left3: 0x200, limit4: pkt.queue as u64 }) ?? 9223372036854775807) as u8)
        ) {
          case 0:
            if ((pkt.fragment?.nextHeader ?? 222) <= (left22 as u16)) {
              last13 = !pkt.icmpv6Error && ((pkt.arp?.protocolType ?? 0b1110) as u64) != (left22 as u64);
              const ip23 = pkt.routerAdvertisement ?? continue;
              const best25: u32 | null = (pkt.tcp?.urg ?? 0x1) as u32 as u32;
              pkt.bytes.setU64(
                hash((best25 ?? 0) as u8, left22 as i32, pkt.eth.size as u8),
                left10 < EtherType.SLOW ? (best25 ?? 2147483648) as u64 : 512,
              );
            }
            const header28 = pkt.udp;
            if (left22 == 14 && pkt.queue >= 3) {
              {}
              if (left22 < 255) {}
            }
        }
      }
      return redirect(map16, ~pkt.queue);
    }`,
  "a layer that is looked for behind a longer packet check, and asked for again": `
    xdp main(pkt) {
      const auth = pkt.ah;
      if (pkt.extension) {}
      const source = pkt.eth.src;
      if (pkt.icmpError?.mtu ?? 1)
        switch (hash(source as u32, (auth?.reserved ?? 7) as u32)) {
          case 1:
            if (pkt.sctp) {}
        }
      return ABORTED;
    }`,
  "options that are counted, which kernels are kept from counting": `
    xdp main(pkt) {
      const tcp = pkt.tcp ?? return ABORTED;
      let many = 0;
      let longest: u8 = 0;
      for (const option of tcp.options) {
        many++;
        if (option.length > longest) longest = option.length;
      }
      return many == 5 || longest > 10 ? DROP : PASS;
    }`,
  "zeros that some turns of a loop write to the stack": `
    const limits: i16[2] = [13, -0x3f];
    xdp main(pkt) {
      const udp = pkt.udp ?? return DROP;
      let text: string<16> = "0123456789abcdef";
      for (let i = 0; i < text[(7 - (udp.checksum as u8)) & 15] % 9; i++)
        switch ((text[i] as u32) ^ (limits[0] as u32)) {
          case 0x64:
            switch (text[15 - i] as u16) {
              case 0x1:
                for (let j = 0; j < min(pkt.queue, 8); j++) text[i] = (limits[0] as u8) >> 5;
            }
        }
      return PASS;
    }`,
  "bytes at a counter, 32 times and 400 times": `
    let seen: u64;
    xdp few(pkt) {
      for (let i = 0; i < 32; i++) if ((pkt.bytes[i] ?? 0) == 13) seen += 1;
      return PASS;
    }
    xdp many(pkt) {
      for (let i = 0; i < 400; i++) if ((pkt.bytes[i] ?? 0) == 13) seen += 1;
      return PASS;
    }
    xdp copy(pkt) {
      let bytes: u8[16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
      for (let i = 0; i < 16; i++) bytes[i] = pkt.bytes[i + 14] ?? 0;
      return bytes[pkt.queue & 15] == 69 ? DROP : PASS;
    }`,
  "a layer that was found on one of two ways, and much behind where they meet": `
    struct Best { left: i8; limit: i64; best: i32; count: bool; port: bool; index: i16; }
    param last: i16 = 10;
    const map = new Hash<Best, i8>(255);
    xdp main(pkt) {
      if (pkt.ingress as Ipv4Addr == 127.0.0.1)
        let best: Best = { left: pkt.length as i8, limit: 4096, best: last as i32, count: (pkt.eth.src as u64) < 0, port: 0 as Ipv4Addr == 255.255.255.255, index: last };
      let text: string<8> = "xdpl";
      map.take({ left: 100, limit: last, best: -2147483648, count: pkt.extension?.units == 14, port: text[clamp(last, 0, 7)] === text[text[7] & 7], index: 4096 });
      return PASS;
    }`,
  "an offset that is small, and a sum with a large number": `
    const map = new PerCpuArray<u64>(1024);
    xdp main(pkt) {
      const advertisement = pkt.routerSolicitation;
      if (pkt.bytes[map[1023] - (advertisement?.reserved ?? 0x65ab3ac7)]) const sctp = pkt.sctp ?? return PASS;
      return TX;
    }`,
  "an index that is compared among many other values": `
    struct Left { limit: i16; left: i16; gamma: string<3>; beta: u16[4]; rate: i8; }
    let mac: MacAddr = ff:ff:ff:ff:ff:ff;
    let last: u8;
    const values = new Array<u64>(255);
    const entries = new LruHash<MacAddr, Left>(1024);
    xdp main(pkt) {
      if (pkt.fragment || mac != pkt.eth.src) {
        entries[mac] = { limit: (pkt.bytes.u64(pkt.eth.type as u32) ?? 0x3030b112c7f544f7) as i16, left: -32768, gamma: "012", beta: [256, 20, 512, 42215], rate: (pkt.eth?.type ?? 18) as i8 };
        values[((pkt.esp?.spi ?? 14) as u8) / last < 255 ? 82 : 0] -= 1;
      }
      return values[min(hash(pkt.ingress as i32, (pkt.eth.icmpv6Error?.data ?? 4294967294) as u64, (pkt.icmpv6Error?.data ?? 19) as u8), 254)] >= 128 ? DROP : PASS;
    }`,
};
