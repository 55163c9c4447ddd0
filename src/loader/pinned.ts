/** What lies in a BPF file system beside maps: links, programs, and texts kept in maps of their own. */
import { LoaderError, systemError } from "./errors.js";
import { libbpf, libc } from "./library.js";
import { mapType, openPinnedMap } from "./maps.js";

/** What the kernel tells of a link. */
export interface LinkInfo {
  readonly id: number;
  /** The program that runs there now. */
  readonly programId: number;
  /** For XDP the device; 0 when it is gone. */
  readonly ifindex: number;
}

/** A link opened by its pin. Closing it leaves it attached. */
export interface PinnedLink {
  info(): LinkInfo;
  /** Puts another program in its place, without a packet between. */
  replace(programFd: number): void;
  /** Takes the program off where it is, at once; the pin remains, and holds nothing. */
  detach(): void;
  close(): void;
}

function openPin(path: string, what: string): number {
  const fd = libbpf().obj_get(path);
  if (fd < 0) throw systemError(-fd, `opening the ${what} ${path}`);
  return fd;
}

export function openPinnedLink(path: string): PinnedLink {
  const fd = openPin(path, "link");
  let open = true;
  return {
    info() {
      const bytes = infoOf(fd, path);
      return { id: bytes.readUInt32LE(4), programId: bytes.readUInt32LE(8), ifindex: bytes.readUInt32LE(16) };
    },
    replace(programFd) {
      const status = libbpf().link_update(fd, programFd, null);
      if (status < 0) throw systemError(-status, `replacing the program of the link ${path}`);
    },
    detach() {
      const status = libbpf().link_detach(fd);
      if (status < 0) throw systemError(-status, `detaching the link ${path}`);
    },
    close() {
      if (open) libc().close(fd);
      open = false;
    },
  };
}

/** `struct bpf_link_info`, as much of it as is asked for. */
function infoOf(fd: number, path: string): Buffer {
  const bytes = Buffer.alloc(64);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  const status = libbpf().object_info(fd, bytes, length);
  if (status < 0) throw systemError(-status, `reading about ${path}`);
  return bytes;
}

/** The descriptor of a pinned program; the caller closes it. */
export function openPinnedProgram(path: string): { readonly fd: number; close(): void } {
  const fd = openPin(path, "program");
  return { fd, close: () => void libc().close(fd) };
}

/** Pins whatever a descriptor stands for. */
export function pin(fd: number, path: string, what: string): void {
  const status = libbpf().obj_pin(fd, path);
  if (status < 0) throw systemError(-status, `pinning ${what} at ${path}`);
}

/**
 * Keeps a text under a path of a BPF file system, which has no files: as the only element of an array map. So it lives
 * exactly as long as what is pinned beside it.
 */
export function pinText(path: string, name: string, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  const size = Math.max(8, (bytes.length + 7) & ~7);
  const fd = libbpf().map_create(mapType.array, name, 4, size, 1, null);
  if (fd < 0) throw systemError(-fd, `making the map ${name}`);
  try {
    const value = Buffer.alloc(size);
    bytes.copy(value);
    const status = libbpf().update(fd, Buffer.alloc(4), value, 0);
    if (status < 0) throw systemError(-status, `writing the map ${name}`);
    pin(fd, path, `the map ${name}`);
  } finally {
    libc().close(fd);
  }
}

/** The text that {@link pinText} kept. */
export function readPinnedText(path: string): string {
  const { map, close } = openPinnedMap(path);
  try {
    if (map.type !== mapType.array) throw new LoaderError("bad-object", `${path} holds no text of xdpl's`);
    const value = Buffer.from(map.lookup(new Uint8Array(4)) ?? []);
    const end = value.indexOf(0);
    return value.toString("utf8", 0, end < 0 ? value.length : end);
  } finally {
    close();
  }
}
