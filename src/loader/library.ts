import koffi from "koffi";
import { LoaderError } from "./errors.js";

/** An address in this process. */
export type Pointer = bigint;

/** What the C side reads or writes: JavaScript's bytes, an address, or NULL. */
export type Memory = Uint8Array | Pointer | null;

/** The calls into libbpf, by their C names. Those that return `int` give a negative errno on failure. */
export interface Libbpf {
  readonly version: string;
  open_mem(bytes: Memory, size: number, options: Memory): Pointer | null;
  object_load(object: Pointer): number;
  object_close(object: Pointer): void;
  next_program(object: Pointer, previous: Pointer | null): Pointer | null;
  next_map(object: Pointer, previous: Pointer | null): Pointer | null;
  program_name(program: Pointer): string;
  program_section(program: Pointer): string;
  program_type(program: Pointer): number;
  program_attach_type(program: Pointer): number;
  program_insn_cnt(program: Pointer): number;
  program_fd(program: Pointer): number;
  program_autoload(program: Pointer): boolean;
  program_set_autoload(program: Pointer, load: boolean): number;
  program_set_log_buf(program: Pointer, buffer: Memory, size: number): number;
  program_set_log_level(program: Pointer, level: number): number;
  program_pin(program: Pointer, path: string): number;
  program_set_ifindex(program: Pointer, ifindex: number): void;
  map_set_ifindex(map: Pointer, ifindex: number): number;
  map_name(map: Pointer): string;
  map_fd(map: Pointer): number;
  map_type(map: Pointer): number;
  map_key_size(map: Pointer): number;
  map_value_size(map: Pointer): number;
  map_max_entries(map: Pointer): number;
  map_flags(map: Pointer): number;
  map_is_internal(map: Pointer): boolean;
  map_set_max_entries(map: Pointer, count: number): number;
  map_set_pin_path(map: Pointer, path: string | null): number;
  map_pin_path(map: Pointer): string | null;
  map_is_pinned(map: Pointer): boolean;
  map_unpin(map: Pointer, path: string | null): number;
  map_reuse_fd(map: Pointer, fd: number): number;
  map_initial_value(map: Pointer, size: [number]): Pointer | null;
  map_set_initial_value(map: Pointer, bytes: Memory, size: number): number;
  prog_load(
    type: number,
    name: string | null,
    license: string,
    insns: Memory,
    count: number,
    options: Memory,
  ): number;
  test_run(fd: number, options: Memory): number;
  object_info(fd: number, info: Memory, length: Memory): number;
  obj_get(path: string): number;
  obj_pin(fd: number, path: string): number;
  map_create(
    type: number,
    name: string | null,
    keySize: number,
    valueSize: number,
    entries: number,
    options: Memory,
  ): number;
  lookup(fd: number, key: Memory, value: Memory): number;
  lookup_flags(fd: number, key: Memory, value: Memory, flags: number): number;
  lookup_and_delete(fd: number, key: Memory, value: Memory): number;
  update(fd: number, key: Memory, value: Memory, flags: number): number;
  delete(fd: number, key: Memory): number;
  next_key(fd: number, key: Memory, next: Memory): number;
  lookup_batch(
    fd: number,
    from: Memory,
    to: Memory,
    keys: Memory,
    values: Memory,
    count: Memory,
    options: Memory,
  ): number;
  update_batch(fd: number, keys: Memory, values: Memory, count: Memory, options: Memory): number;
  possible_cpus(): number;
  link_create(program: number, target: number, type: number, options: Memory): number;
  iter_create(link: number): number;
  raw_tracepoint_open(name: string | null, program: number): number;
  link_update(link: number, program: number, options: Memory): number;
  link_detach(link: number): number;
  xdp_attach(ifindex: number, program: number, flags: number, options: Memory): number;
  xdp_detach(ifindex: number, flags: number, options: Memory): number;
  xdp_query_id(ifindex: number, flags: number, id: Memory): number;
  set_print(callback: Pointer | null): Pointer | null;
}

/** The few calls into the C library that Node has no word for. */
export interface Libc {
  close(fd: number): number;
  vsnprintf(buffer: Memory, size: number, format: Pointer, list: Pointer): number;
  mmap(at: null, size: number, protection: number, flags: number, fd: number, offset: number): Pointer;
  munmap(at: Pointer, size: number): number;
  sysconf(name: number): number;
  sched_getaffinity(pid: number, size: number, mask: Memory): number;
  sched_setaffinity(pid: number, size: number, mask: Memory): number;
  if_nametoindex(name: string): number;
  perf_event_open(
    number: bigint,
    attributes: Memory,
    pid: number,
    cpu: number,
    group: number,
    flags: bigint,
  ): number;
  ioctl(fd: number, request: bigint, argument: bigint): number;
  setns(fd: number, type: number): number;
}

const candidates = ["libbpf.so.1", "libbpf.so"] as const;
const installRemedy =
  "install it (Debian, Ubuntu: `apt-get install libbpf1`; Fedora: `dnf install libbpf`), or set XDPL_LIBBPF to the path of a libbpf.so.1";

function open(override: string | undefined): ReturnType<typeof koffi.load> {
  const names = override === undefined || override === "" ? candidates : [override];
  const failures: string[] = [];
  for (const name of names) {
    try {
      return koffi.load(name);
    } catch (failure) {
      failures.push(failure instanceof Error ? failure.message : String(failure));
    }
  }
  throw new LoaderError("no-libbpf", `libbpf can't be loaded (${names.join(", ")})`, {
    remedy: installRemedy,
    messages: failures,
  });
}

function bindLibbpf(): Libbpf {
  const library = open(process.env["XDPL_LIBBPF"]);
  let version: string;
  try {
    const major: () => number = library.func("uint32_t libbpf_major_version(void)");
    const minor: () => number = library.func("uint32_t libbpf_minor_version(void)");
    version = `${major()}.${minor()}`;
    if (major() < 1 || (major() === 1 && minor() < 1))
      throw new LoaderError("no-libbpf", `libbpf ${version} is too old`, {
        remedy: `1.1 or newer is needed: ${installRemedy}`,
      });
  } catch (failure) {
    if (failure instanceof LoaderError) throw failure;
    throw new LoaderError("no-libbpf", "this libbpf is too old: it does not tell its version", {
      remedy: `1.1 or newer is needed: ${installRemedy}`,
    });
  }
  return {
    version,
    open_mem: library.func("void *bpf_object__open_mem(void *buf, size_t size, void *opts)"),
    object_load: library.func("int bpf_object__load(void *obj)"),
    object_close: library.func("void bpf_object__close(void *obj)"),
    next_program: library.func("void *bpf_object__next_program(void *obj, void *prev)"),
    next_map: library.func("void *bpf_object__next_map(void *obj, void *prev)"),
    program_name: library.func("const char *bpf_program__name(void *prog)"),
    program_section: library.func("const char *bpf_program__section_name(void *prog)"),
    program_type: library.func("int bpf_program__type(void *prog)"),
    program_attach_type: library.func("int bpf_program__expected_attach_type(void *prog)"),
    program_insn_cnt: library.func("size_t bpf_program__insn_cnt(void *prog)"),
    program_fd: library.func("int bpf_program__fd(void *prog)"),
    program_autoload: library.func("bool bpf_program__autoload(void *prog)"),
    program_set_autoload: library.func("int bpf_program__set_autoload(void *prog, bool load)"),
    program_set_log_buf: library.func("int bpf_program__set_log_buf(void *prog, void *buf, size_t size)"),
    program_set_log_level: library.func("int bpf_program__set_log_level(void *prog, uint32_t level)"),
    program_pin: library.func("int bpf_program__pin(void *prog, const char *path)"),
    program_set_ifindex: library.func("void bpf_program__set_ifindex(void *prog, uint32_t ifindex)"),
    map_set_ifindex: library.func("int bpf_map__set_ifindex(void *map, uint32_t ifindex)"),
    map_name: library.func("const char *bpf_map__name(void *map)"),
    map_fd: library.func("int bpf_map__fd(void *map)"),
    map_type: library.func("int bpf_map__type(void *map)"),
    map_key_size: library.func("uint32_t bpf_map__key_size(void *map)"),
    map_value_size: library.func("uint32_t bpf_map__value_size(void *map)"),
    map_max_entries: library.func("uint32_t bpf_map__max_entries(void *map)"),
    map_flags: library.func("uint32_t bpf_map__map_flags(void *map)"),
    map_is_internal: library.func("bool bpf_map__is_internal(void *map)"),
    map_set_max_entries: library.func("int bpf_map__set_max_entries(void *map, uint32_t n)"),
    map_set_pin_path: library.func("int bpf_map__set_pin_path(void *map, const char *path)"),
    map_pin_path: library.func("const char *bpf_map__pin_path(void *map)"),
    map_is_pinned: library.func("bool bpf_map__is_pinned(void *map)"),
    map_unpin: library.func("int bpf_map__unpin(void *map, const char *path)"),
    map_reuse_fd: library.func("int bpf_map__reuse_fd(void *map, int fd)"),
    map_initial_value: library.func("void *bpf_map__initial_value(void *map, _Out_ size_t *size)"),
    map_set_initial_value: library.func("int bpf_map__set_initial_value(void *map, void *data, size_t size)"),
    prog_load: library.func(
      "int bpf_prog_load(int type, const char *name, const char *license, void *insns, size_t count, void *opts)",
    ),
    test_run: library.func("int bpf_prog_test_run_opts(int fd, void *opts)"),
    object_info: library.func("int bpf_obj_get_info_by_fd(int fd, void *info, void *len)"),
    obj_get: library.func("int bpf_obj_get(const char *path)"),
    map_create: library.func(
      "int bpf_map_create(int type, const char *name, uint32_t key, uint32_t value, uint32_t entries, void *opts)",
    ),
    obj_pin: library.func("int bpf_obj_pin(int fd, const char *path)"),
    lookup: library.func("int bpf_map_lookup_elem(int fd, void *key, void *value)"),
    lookup_flags: library.func(
      "int bpf_map_lookup_elem_flags(int fd, void *key, void *value, uint64_t flags)",
    ),
    lookup_and_delete: library.func("int bpf_map_lookup_and_delete_elem(int fd, void *key, void *value)"),
    update: library.func("int bpf_map_update_elem(int fd, void *key, void *value, uint64_t flags)"),
    delete: library.func("int bpf_map_delete_elem(int fd, void *key)"),
    next_key: library.func("int bpf_map_get_next_key(int fd, void *key, void *next)"),
    lookup_batch: library.func(
      "int bpf_map_lookup_batch(int fd, void *in, void *out, void *keys, void *values, void *count, void *opts)",
    ),
    update_batch: library.func(
      "int bpf_map_update_batch(int fd, void *keys, void *values, void *count, void *opts)",
    ),
    possible_cpus: library.func("int libbpf_num_possible_cpus(void)"),
    link_create: library.func("int bpf_link_create(int prog, int target, int type, void *opts)"),
    iter_create: library.func("int bpf_iter_create(int link)"),
    raw_tracepoint_open: library.func("int bpf_raw_tracepoint_open(const char *name, int prog)"),
    link_update: library.func("int bpf_link_update(int link, int prog, void *opts)"),
    link_detach: library.func("int bpf_link_detach(int link)"),
    xdp_attach: library.func("int bpf_xdp_attach(int ifindex, int prog, uint32_t flags, void *opts)"),
    xdp_detach: library.func("int bpf_xdp_detach(int ifindex, uint32_t flags, void *opts)"),
    xdp_query_id: library.func("int bpf_xdp_query_id(int ifindex, int flags, void *id)"),
    set_print: library.func("void *libbpf_set_print(void *callback)"),
  };
}

function bindLibc(): Libc {
  const library = koffi.load(null);
  return {
    close: library.func("int close(int fd)"),
    vsnprintf: library.func("int vsnprintf(void *buf, size_t size, void *format, void *list)"),
    mmap: library.func("void *mmap(void *at, size_t size, int prot, int flags, int fd, int64_t offset)"),
    munmap: library.func("int munmap(void *at, size_t size)"),
    sysconf: library.func("long sysconf(int name)"),
    sched_getaffinity: library.func("int sched_getaffinity(int pid, size_t size, void *mask)"),
    sched_setaffinity: library.func("int sched_setaffinity(int pid, size_t size, void *mask)"),
    if_nametoindex: library.func("uint32_t if_nametoindex(const char *name)"),
    // libc has no word of its own for it. `syscall` takes all its arguments in registers, as a plain function does.
    perf_event_open: library.func("syscall", "long", [
      "long",
      "void *",
      "int",
      "int",
      "int",
      "unsigned long",
    ]),
    ioctl: library.func("int ioctl(int fd, unsigned long request, unsigned long argument)"),
    setns: library.func("int setns(int fd, int type)"),
  };
}

let boundLibbpf: Libbpf | undefined;
let boundLibc: Libc | undefined;

/** libbpf, loaded at the first use. Throws a {@link LoaderError} of kind `no-libbpf` when it isn't there. */
export function libbpf(): Libbpf {
  if (boundLibbpf === undefined) {
    boundLibbpf = bindLibbpf();
    // Outside `captured` libbpf has nothing to say; by default it writes to stderr.
    boundLibbpf.set_print(null);
  }
  return boundLibbpf;
}

export function libc(): Libc {
  boundLibc ??= bindLibc();
  return boundLibc;
}

/** The errno of the last call. */
export function lastErrno(): number {
  return koffi.errno();
}

/** Where bytes lie. They must be kept reachable for as long as the address is used. */
export function addressOf(bytes: Uint8Array): Pointer {
  return koffi.address(bytes);
}

/** The memory at an address as bytes, without a copy. */
export function viewOf(at: Pointer, size: number): Uint8Array {
  return new Uint8Array(koffi.view(at, size));
}

const printProto = koffi.pointer(koffi.proto("int xdpl_libbpf_print(int level, void *format, void *list)"));
const debugLevel = 2;

/**
 * Runs `action` and returns beside its result what libbpf printed, warnings and information. C's `va_list` is handed
 * on to `vsnprintf` as the pointer it is passed as on the 64-bit ABIs.
 */
export function captured<T>(action: () => T): { readonly result: T; readonly messages: readonly string[] } {
  const bpf = libbpf();
  const c = libc();
  const messages: string[] = [];
  const line = Buffer.alloc(8192);
  const callback = koffi.register((level: number, format: Pointer, list: Pointer): number => {
    if (level >= debugLevel) return 0;
    const length = c.vsnprintf(line, line.length, format, list);
    messages.push(
      line
        .toString("utf8", 0, Math.max(0, Math.min(length, line.length - 1)))
        .trimEnd()
        .replace(/^libbpf: /, ""),
    );
    return 0;
  }, printProto);
  const before = bpf.set_print(callback);
  try {
    return { result: action(), messages };
  } finally {
    bpf.set_print(before);
    koffi.unregister(callback);
  }
}
