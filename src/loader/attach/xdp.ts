import type { ProgramMetadata } from "../../base/layout.js";
import { errno, errnoName, LoaderError, systemError } from "../errors.js";
import { libbpf, libc } from "../library.js";
import type { LoadedProgram } from "../loaded.js";
import {
  attachEach,
  descriptorLink,
  type AttachRequest,
  type Device,
  type Link,
  type XdpMode,
} from "./link.js";

const modeFlags: Readonly<Record<XdpMode, number>> = {
  auto: 0,
  generic: 1 << 1,
  native: 1 << 2,
  offload: 1 << 3,
};
const attachTypeXdp = 37;
const flagUpdateIfNoExist = 1;

/** The index of a device in this network namespace; undefined when there is none of that name. */
export function interfaceIndex(name: string): number | undefined {
  return libc().if_nametoindex(name) || undefined;
}

/** Attaches an XDP program to each device of the request. */
export function attachXdpProgram(
  program: LoadedProgram,
  _: ProgramMetadata,
  { devices, mode }: AttachRequest,
): readonly Link[] {
  return attachEach(devices, (device) => attachXdp(program, device, mode));
}

/**
 * Attaches an XDP program to a device, through a BPF link where the kernel has them. `auto` asks for the driver's own
 * XDP and, when the driver says no, for the kernel's generic one; the link's remark tells that it did.
 */
export function attachXdp(
  program: Pick<LoadedProgram, "name" | "fd">,
  device: Device,
  mode: XdpMode = "auto",
): Link {
  if (mode !== "auto") return attachIn(program, device, mode, undefined);
  try {
    return attachIn(program, device, "native", undefined);
  } catch (failure) {
    if (!(failure instanceof LoaderError) || !isDriversNo(failure.errno)) throw failure;
    const remark = `the driver of ${device.name} runs no XDP program itself (${errnoName(failure.errno ?? 0)}): generic mode, which is slower`;
    return attachIn(program, device, "generic", remark);
  }
}

/** What drivers answer who have no XDP, or none with the device's present MTU, queues or offloads. */
function isDriversNo(number: number | undefined): boolean {
  return number !== undefined && driversNo.has(number);
}

const driversNo: ReadonlySet<number> = new Set([
  errno.EOPNOTSUPP,
  errno.ENOTSUPP,
  errno.EINVAL,
  errno.ERANGE,
  errno.ENOSPC,
]);

function attachIn(
  program: Pick<LoadedProgram, "name" | "fd">,
  device: Device,
  mode: Exclude<XdpMode, "auto">,
  remark: string | undefined,
): Link {
  const place = `device ${device.name}${device.netns === undefined ? "" : ` in ${device.netns}`}, ${mode}`;
  const fd = libbpf().link_create(program.fd, device.index, attachTypeXdp, linkOptions(modeFlags[mode]));
  if (fd >= 0)
    return descriptorLink(fd, {
      program: program.name,
      place,
      device: { ...device, mode },
      ...(remark === undefined ? {} : { remark }),
    });
  // Kernels before 5.9 do not know XDP links: EINVAL, as for much else, so netlink has the last word.
  if (fd === -errno.EINVAL) return attachByNetlink(program, device, mode, place, remark);
  throw attachError(-fd, device, mode);
}

function attachByNetlink(
  program: Pick<LoadedProgram, "name" | "fd">,
  device: Device,
  mode: Exclude<XdpMode, "auto">,
  place: string,
  remark: string | undefined,
): Link {
  const flags = modeFlags[mode];
  const status = libbpf().xdp_attach(device.index, program.fd, flags | flagUpdateIfNoExist, null);
  if (status < 0) throw attachError(-status, device, mode);
  let open = true;
  return {
    program: program.name,
    place,
    device: { ...device, mode },
    remark,
    through: "netlink",
    replace(other) {
      const replaced = libbpf().xdp_attach(device.index, other, flags, null);
      if (replaced < 0) throw attachError(-replaced, device, mode);
    },
    pin(path) {
      throw new LoaderError("not-supported", `this kernel has no XDP links to pin at ${path}`, {
        remedy: "Linux 5.9 or newer has them",
      });
    },
    close() {
      if (open) libbpf().xdp_detach(device.index, flags, null);
      open = false;
    },
  };
}

/** Takes whatever XDP program is on a device off it, unless a link of another process holds it. */
export function detachXdp(device: Device, mode: XdpMode = "auto"): void {
  const status = libbpf().xdp_detach(device.index, modeFlags[mode], null);
  if (status < 0) throw attachError(-status, device, mode);
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

function attachError(number: number, { name }: Device, mode: XdpMode): LoaderError {
  const what = `attaching to device ${name}`;
  switch (number) {
    case errno.EBUSY:
    case errno.EEXIST:
      return systemError(number, what, {
        remedy: `another XDP program is on this device: \`xdpl status\` or \`bpftool net\` shows it; \`xdpl detach\` or \`ip link set dev ${name} xdp off\` ends it`,
      });
    case errno.EOPNOTSUPP:
      return systemError(number, what, {
        remedy:
          mode === "generic"
            ? "this device has no XDP at all"
            : mode === "offload"
              ? "neither card nor driver run XDP programs on the card: use mode native or generic"
              : "the driver has no native XDP: use mode generic, or auto",
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
