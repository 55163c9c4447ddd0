/** The table of hooks: how a program of each kind is attached. A family of hooks is a file beside this one. */
import type { ObjectMetadata, ProgramMetadata } from "../../base/layout.js";
import { LoaderError } from "../errors.js";
import type { LoadedObject } from "../loaded.js";
import { closeLinks, type AttachProgram, type AttachRequest, type Link } from "./link.js";
import {
  attachCounter,
  attachIterator,
  attachKernelProbe,
  attachNowhere,
  attachProfile,
  attachRawTracepoint,
  attachTracepoint,
  attachTrampoline,
} from "./tracing.js";
import { attachStaticProbe, attachUserProbe } from "./user.js";
import { attachXdpProgram } from "./xdp.js";

export interface HookAttachment {
  /** What the request has to name for it. */
  readonly needs: "device" | "cgroup" | "nothing";
  /** It can be had for one process only, or it runs in none that is traced. */
  readonly oneProcess?: boolean;
  readonly attach: AttachProgram;
}

/** By the hook's name in the language, as the object's metadata says it. */
const hooks: Readonly<Record<string, HookAttachment>> = {
  xdp: { needs: "device", attach: attachXdpProgram },
  tracepoint: { needs: "nothing", attach: attachTracepoint },
  rawTracepoint: { needs: "nothing", attach: attachRawTracepoint },
  kprobe: { needs: "nothing", attach: attachKernelProbe },
  kretprobe: { needs: "nothing", attach: attachKernelProbe },
  fentry: { needs: "nothing", attach: attachTrampoline },
  fexit: { needs: "nothing", attach: attachTrampoline },
  lsm: { needs: "nothing", attach: attachTrampoline },
  iter: { needs: "nothing", attach: attachIterator },
  uprobe: { needs: "nothing", oneProcess: true, attach: attachUserProbe },
  uretprobe: { needs: "nothing", oneProcess: true, attach: attachUserProbe },
  usdt: { needs: "nothing", oneProcess: true, attach: attachStaticProbe },
  profile: { needs: "nothing", oneProcess: true, attach: attachProfile },
  perf: { needs: "nothing", oneProcess: true, attach: attachCounter },
  interval: { needs: "nothing", oneProcess: true, attach: attachNowhere },
  begin: { needs: "nothing", oneProcess: true, attach: attachNowhere },
  end: { needs: "nothing", oneProcess: true, attach: attachNowhere },
};

/** How programs of a hook are attached; undefined when they can't be. */
export function hookAttachment(hook: string): HookAttachment | undefined {
  return Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
}

/**
 * Attaches programs of an object, all of them when no names are given, in the script's order. All are attached or
 * none is.
 */
export function attachPrograms(
  object: LoadedObject,
  metadata: ObjectMetadata,
  request: AttachRequest,
  names?: readonly string[],
): readonly Link[] {
  const wanted = metadata.programs.filter(({ name }) => names === undefined || names.includes(name));
  const links: Link[] = [];
  try {
    for (const described of wanted)
      links.push(...attachmentOf(described).attach(object.program(described.name), described, request));
    return links;
  } catch (failure) {
    closeLinks(links);
    throw failure;
  }
}

function attachmentOf({ name, kind }: ProgramMetadata): HookAttachment {
  const found = hookAttachment(kind);
  if (found) return found;
  throw new LoaderError(
    "not-supported",
    `\`${name}\` is a program of kind ${kind}, which can't be attached`,
    {
      remedy: `kinds that can: ${Object.keys(hooks).join(", ")}`,
    },
  );
}
