import { errno, LoaderError, systemError } from "./errors.js";
import { libbpf, libc } from "./library.js";

/** Where XDP runs: in the driver, in the kernel's own generic path, or on the card. `auto` is driver, else generic. */
export type XdpMode = "auto" | "native" | "generic" | "offload";

const modeFlags: Readonly<Record<XdpMode, number>> = {
  auto: 0,
  generic: 1 << 1,
  native: 1 << 2,
  offload: 1 << 3,
};
const attachTypeXdp = 37;
const flagUpdateIfNoExist = 1;

/** An attachment. While it is open the program runs; closing it, or the end of the process, detaches. */
export interface Attachment {
  readonly ifindex: number;
  /** How it is held: a link goes with the process; on kernels before 5.9 a program stays until detached. */
  readonly through: "link" | "netlink";
  /** Puts another program in its place, without a packet between. */
  replace(programFd: number): void;
  /** Keeps the link after the process, under a path of a BPF file system. */
  pin(path: string): void;
  /** Detaches. Safe to call twice. */
  close(): void;
}

/** The index of a device in this network namespace; undefined when there is none of that name. */
export function interfaceIndex(name: string): number | undefined {
  return libc().if_nametoindex(name) || undefined;
}

/** Attaches an XDP program to a device, through a BPF link where the kernel has them. */
export function attachXdp(programFd: number, ifindex: number, mode: XdpMode = "auto"): Attachment {
  const fd = libbpf().link_create(programFd, ifindex, attachTypeXdp, linkOptions(modeFlags[mode]));
  if (fd >= 0) return linkAttachment(fd, ifindex);
  // Kernels before 5.9 do not know XDP links: EINVAL, as for much else, so netlink has the last word.
  if (fd === -errno.EINVAL) return attachByNetlink(programFd, ifindex, mode);
  throw attachError(-fd, ifindex, mode);
}

function linkAttachment(fd: number, ifindex: number): Attachment {
  let open = true;
  return {
    ifindex,
    through: "link",
    replace(programFd) {
      const status = libbpf().link_update(fd, programFd, null);
      if (status < 0) throw systemError(-status, `replacing the program of device ${ifindex}`);
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

function attachByNetlink(programFd: number, ifindex: number, mode: XdpMode): Attachment {
  const status = libbpf().xdp_attach(ifindex, programFd, modeFlags[mode] | flagUpdateIfNoExist, null);
  if (status < 0) throw attachError(-status, ifindex, mode);
  let open = true;
  return {
    ifindex,
    through: "netlink",
    replace(other) {
      const replaced = libbpf().xdp_attach(ifindex, other, modeFlags[mode], null);
      if (replaced < 0) throw attachError(-replaced, ifindex, mode);
    },
    pin(path) {
      throw new LoaderError("not-supported", `this kernel has no XDP links to pin at ${path}`, {
        remedy: "Linux 5.9 or newer has them",
      });
    },
    close() {
      if (open) libbpf().xdp_detach(ifindex, modeFlags[mode], null);
      open = false;
    },
  };
}

/** Takes whatever XDP program is on a device off it, unless a link of another process holds it. */
export function detachXdp(ifindex: number, mode: XdpMode = "auto"): void {
  const status = libbpf().xdp_detach(ifindex, modeFlags[mode], null);
  if (status < 0) throw attachError(-status, ifindex, mode);
}

/** The id of the XDP program on a device; undefined when there is none. */
export function attachedXdp(ifindex: number): number | undefined {
  const id = Buffer.alloc(4);
  const status = libbpf().xdp_query_id(ifindex, 0, id);
  if (status < 0) throw systemError(-status, `asking for the program of device ${ifindex}`);
  return id.readUInt32LE() || undefined;
}

/** `struct bpf_link_create_opts` up to its flags. */
function linkOptions(flags: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(16n);
  bytes.writeUInt32LE(flags, 8);
  return bytes;
}

function attachError(number: number, ifindex: number, mode: XdpMode): LoaderError {
  const what = `attaching to device ${ifindex}`;
  switch (number) {
    case errno.EBUSY:
    case errno.EEXIST:
      return systemError(number, what, {
        remedy:
          "another XDP program is on this device: `ip link set dev DEVICE xdp off` or `bpftool net` show and end it",
      });
    case errno.EOPNOTSUPP:
      return systemError(number, what, {
        remedy:
          mode === "generic"
            ? "this device has no XDP at all"
            : "the driver has no native XDP: use generic mode",
      });
    case errno.EINVAL:
      return systemError(number, what, {
        remedy:
          "the device may be of a size the driver refuses (MTU above one page needs section xdp.frags), or the mode " +
          "differs from the one in use",
      });
    case errno.ENODEV:
      return systemError(number, what, { remedy: "`ip link` lists the devices of this network namespace" });
    default:
      return systemError(number, what);
  }
}
