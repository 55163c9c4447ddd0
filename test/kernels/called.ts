/** Scripts with loops of which no kernel follows every turn: from 5.17 on it calls their bodies. */
export const called: Readonly<Record<string, string>> = {
  "a sum over a map of all ports": `
    const counts = new Array<u64>(65_536);
    xdp main(pkt) {
      let sum = 0;
      for (let port = 0; port < 65_536; port++) sum += counts[port];
      return sum > 1_000_000 ? DROP : PASS;
    }`,
  "a range that is left, and turns that end early": `
    const counts = new Array<u64>(65_536);
    xdp main(pkt) {
      let sum: u32 = 0;
      for (const port of 1..65_535) {
        if (counts[port] == 7) continue;
        if (counts[port] == 9) break;
        sum += counts[port] as u32;
        counts[port] += 1;
      }
      return sum > 100_000 ? DROP : PASS;
    }`,
  "entries of a map, one of which is a verdict": `
    const counts = new Array<u64>(65_536);
    xdp main(pkt) {
      let last: u16 = 0;
      for (const [port, count] of counts) {
        if (count == 77) return ABORTED;
        last = port as u16;
      }
      return last == 65_535 ? DROP : PASS;
    }`,
  "a function that returns from a loop, or null": `
    function root(square: u64): u64 | null {
      let n = 0;
      while (n < 1_000_000) {
        n += 3;
        if (n * n > square) return n;
      }
      return null;
    }
    xdp main(pkt) {
      const found = root(pkt.length * pkt.length * 100) ?? return ABORTED;
      return found > 900 ? DROP : PASS;
    }`,
  "loops in loops, with numbers below zero": `
    xdp main(pkt) {
      let sum: i64 = 0;
      let least: i64 = 0;
      for (let a: i64 = -1000; a < 1000; a++) {
        for (let b: i32 = -500; b < 500; b++) sum += a * (b as i64);
        least = min(least, sum);
      }
      return sum == least ? DROP : PASS;
    }`,
  "a sum of which an index is made": `
    const weights = new Array<u32>(64);
    xdp main(pkt) {
      let score: u32 = 0;
      for (let i = 0; i < 32; i++) {
        const weight = weights[i] + (i as u32) * 5;
        if ((weight & 1) != 0) score += 3;
        if ((weight & 2) != 0) score += 5;
        if ((weight & 4) != 0) score += 7;
      }
      return (pkt.bytes[score & 255] ?? 0) > 200 ? DROP : PASS;
    }`,
};
