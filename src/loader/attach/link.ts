/** What an attachment is, whatever the hook. */
import type { ProgramMetadata } from "../../base/layout.js";
import { LoaderError, systemError } from "../errors.js";
import { libbpf, libc } from "../library.js";
import type { LoadedProgram } from "../loaded.js";

/** Where XDP runs: in the driver, in the kernel's own generic path, or on the card. `auto` is driver, else generic. */
export type XdpMode = "auto" | "native" | "generic" | "offload";

/** A network device of this network namespace. */
export interface Device {
  readonly name: string;
  readonly index: number;
  /** Its network namespace, where it is not the one that the command was started in. */
  readonly netns?: string;
}

/** Where the user asked programs to be attached; each family of hooks takes from it what it needs. */
export interface AttachRequest {
  readonly devices: readonly Device[];
  readonly mode: XdpMode;
  /** A folder of the cgroup file system. */
  readonly cgroup?: string;
  /** Only this process is traced, where the hook can tell. */
  readonly pid?: number;
}

/** An attachment. While it is open the program runs; closing it, or the end of the process, detaches. */
export interface Link {
  /** The program's name in the script. */
  readonly program: string;
  /** Where, in words: `device eth0, native`, `tracepoint syscalls:sys_enter_openat`. */
  readonly place: string;
  /** The device and the mode, of programs that run on one. */
  readonly device?: Device & { readonly mode: XdpMode };
  /** What the user should know of it, such as a mode that was fallen back to. */
  readonly remark: string | undefined;
  /** How it is held: a link goes with the process; an XDP program of kernels before 5.9 stays until detached. */
  readonly through: "link" | "netlink";
  /** Puts another program in its place, without an event between. */
  replace(programFd: number): void;
  /** Keeps the link after the process, under a path of a BPF file system. */
  pin(path: string): void;
  /** Detaches. Safe to call twice. */
  close(): void;
}

/**
 * Attaches one program to each place that the request names. A failure half way leaves nothing attached: what was made
 * before it is closed with {@link closeLinks}.
 */
export type AttachProgram = (
  program: LoadedProgram,
  described: ProgramMetadata,
  request: AttachRequest,
) => readonly Link[];

/** What a probe is attached to, in the script's words. */
export function targetOf({ name, target }: ProgramMetadata): string {
  if (target !== undefined) return target;
  throw new LoaderError("bad-object", `the object does not say what \`${name}\` is attached to`);
}

/** The common {@link Link}: the descriptor of a BPF link, or of anything else that detaches when it is closed. */
export function descriptorLink(
  fd: number,
  described: Pick<Link, "program" | "place" | "device"> & { readonly remark?: string },
): Link {
  const { place } = described;
  let open = true;
  return {
    ...described,
    remark: described.remark,
    through: "link",
    replace(programFd) {
      const status = libbpf().link_update(fd, programFd, null);
      if (status < 0) throw systemError(-status, `replacing the program of ${place}`);
    },
    pin(path) {
      const status = libbpf().obj_pin(fd, path);
      if (status < 0)
        throw systemError(-status, `pinning the link at ${path}`, {
          remedy: "the path must be new and on a BPF file system (`mount -t bpf bpf /sys/fs/bpf`)",
        });
    },
    close() {
      if (open) libc().close(fd);
      open = false;
    },
  };
}

/** Closes links, the last one first. */
export function closeLinks(links: readonly Link[]): void {
  for (const link of links.toReversed()) link.close();
}

/** `attach` for every item; when one fails, those before it are detached again. */
export function attachEach<T>(items: readonly T[], attach: (item: T) => Link): readonly Link[] {
  const links: Link[] = [];
  try {
    for (const item of items) links.push(attach(item));
    return links;
  } catch (failure) {
    closeLinks(links);
    throw failure;
  }
}
