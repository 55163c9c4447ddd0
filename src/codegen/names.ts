/**
 * Symbols of the object, which are also BTF names. Kernels and libbpf take C identifiers only, at most 127
 * characters long (KSYM_NAME_LEN, kernel/bpf/btf.c `btf_name_valid_identifier`).
 */
const longest = 120;

export function cIdentifier(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_]/g, "_").slice(0, longest);
  return /^[A-Za-z_]/.test(safe) ? safe : `_${safe}`;
}

/** Gives each name once, and none of those taken already: a second `count` becomes `count_2`. */
export function uniqueNames(given: Iterable<string>): (name: string) => string {
  const taken = new Set(given);
  return (name) => {
    const base = cIdentifier(name);
    let candidate = base;
    for (let n = 2; taken.has(candidate); n++) candidate = `${base}_${n}`;
    taken.add(candidate);
    return candidate;
  };
}
