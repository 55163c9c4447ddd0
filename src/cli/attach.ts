/** `xdpl attach`, `detach` and `status`: programs that outlive the command. */
import { basename } from "node:path";
import { rmdirSync } from "node:fs";
import { didYouMean } from "../diagnostics/suggest.js";
import { readMetadata } from "../loader/index.js";
import {
  deploy,
  deploymentMaps,
  deploymentStatus,
  detachLink,
  removeDeployment,
  writeRecord,
  type DeploymentStatus,
} from "../run/deployment/index.js";
import { devicesOf } from "./devices.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import { loadObject, showRejection } from "./object-input.js";
import type { Context } from "./program.js";
import { exitFor, jsonCounts, showJson } from "./report.js";
import type { AttachFlags, DetachFlags, StatusFlags } from "./run-commands.js";
import { modeOf } from "./run.js";
import { parameters } from "./set-params.js";
import { mapBlock } from "./show-maps.js";
import { elapsed } from "./time.js";

/** The script's file without folder and ending, as far as a folder may be called so. */
function nameOf(file: string | undefined, flags: AttachFlags): string {
  if (flags.name !== undefined) return flags.name;
  if (file === undefined || file === "-")
    throw usage("what is attached needs a name", "give it one: --name firewall");
  return basename(file)
    .replace(/\.(?:xdpl|o)$/, "")
    .replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

export async function attach(
  context: Context,
  file: string | undefined,
  flags: AttachFlags,
): Promise<ExitCode> {
  const devices = devicesOf(flags.dev ?? [], flags.netns);
  const name = nameOf(file, flags);
  const { object, found } = await loadObject(context, "attach", file, flags);
  if (!object) {
    if (context.json) showJson(context, jsonCounts(found));
    return exitFor(found);
  }
  const read = readMetadata(object);
  const result = deploy(object, {
    root: flags.folder,
    name,
    source: file ?? "<command line>",
    fresh: flags.fresh ?? false,
    ...(flags.btf === undefined ? {} : { btf: flags.btf }),
    request: { devices, mode: modeOf(flags.mode) },
    params: parameters(flags.set ?? [], read.ok ? read.metadata : undefined),
    ...(flags.program === undefined ? {} : { programs: flags.program }),
  });
  if (result.kind === "rejected") return showRejection(context, result);
  const { record, folder } = result.deployment;
  if (context.json) {
    showJson(context, { ok: true, name, folder, replaced: result.replaced, links: record.links });
    return exitCode.ok;
  }
  for (const remark of result.remarks) context.terminal.err(`xdpl: ${remark}\n`);
  for (const { program, place } of record.links)
    context.terminal.out(`${name}: ${program} ${result.replaced ? "now runs" : "runs"} on ${place}\n`);
  context.terminal.err(`xdpl detach ${name} ends it; xdpl maps list shows its maps\n`);
  return exitCode.ok;
}

/** A deployment by name; throws with a suggestion when there is none. */
function deploymentNamed(all: readonly DeploymentStatus[], name: string): DeploymentStatus {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  const names = all.map((one) => one.name);
  const meant = didYouMean(name, names);
  throw usage(
    `nothing is attached under the name \`${name}\``,
    meant !== undefined
      ? `did you mean \`${meant}\`?`
      : names.length === 0
        ? "nothing is attached at all"
        : `names are ${names.map((one) => `\`${one}\``).join(", ")}`,
  );
}

export async function detach(
  context: Context,
  names: readonly string[],
  flags: DetachFlags,
): Promise<ExitCode> {
  const all = deploymentStatus(flags.folder);
  const devices = flags.dev ?? [];
  if (names.length === 0 && devices.length === 0 && !(flags.all ?? false))
    throw usage(
      "what is to be detached?",
      all.length === 0
        ? "nothing is attached"
        : `name it (${all.map(({ name }) => `\`${name}\``).join(", ")}), or --dev, or --all`,
    );
  const chosen = names.length > 0 ? names.map((name) => deploymentNamed(all, name)) : all;
  const done: string[] = [];
  for (const one of chosen) {
    const leaving = one.links.filter(({ device }) => devices.length === 0 || devices.includes(device));
    if (devices.length > 0 && leaving.length === 0) continue;
    const { deployment } = one;
    if (deployment && leaving.length < one.links.length) {
      for (const link of leaving) detachLink(deployment.folder, link);
      const { record } = deployment;
      const links = record.links.filter(({ file }) => !leaving.some((link) => link.file === file));
      writeRecord(deployment.folder, { ...record, links });
    } else removeDeployment(`${flags.folder}/${one.name}`);
    done.push(...leaving.map(({ place }) => `${one.name}: detached from ${place}`));
    if (leaving.length === 0) done.push(`${one.name}: removed`);
  }
  if (devices.length > 0 && done.length === 0)
    throw usage(`nothing of xdpl's is attached to ${devices.join(", ")}`, "`xdpl status` shows what is");
  // The last one takes the folder along, if it is xdpl's own.
  try {
    rmdirSync(flags.folder);
  } catch {
    // Others are in it, or it was never there.
  }
  if (context.json) showJson(context, { ok: true, detached: done });
  else for (const line of done) context.terminal.out(`${line}\n`);
  return Promise.resolve(exitCode.ok);
}

export async function status(
  context: Context,
  name: string | undefined,
  flags: StatusFlags,
): Promise<ExitCode> {
  const all = deploymentStatus(flags.folder);
  const shown = name === undefined ? all : [deploymentNamed(all, name)];
  if (context.json) {
    showJson(
      context,
      shown.map(({ deployment, ...rest }) => ({
        ...rest,
        source: deployment?.record.source ?? null,
        attachedAt: deployment ? new Date(deployment.record.attachedAt).toISOString() : null,
        finished: deployment !== undefined,
      })),
    );
    return exitCode.ok;
  }
  const { terminal } = context;
  if (shown.length === 0) terminal.out("nothing is attached\n");
  for (const one of shown) {
    const { deployment } = one;
    if (!deployment) {
      terminal.out(`${one.name}  left by an attach that did not finish; xdpl detach ${one.name} cleans up\n`);
      continue;
    }
    const { source, attachedAt } = deployment.record;
    terminal.out(`${one.name}  ${source}, for ${elapsed(Date.now() - attachedAt)}\n`);
    for (const { program, place, state, runs, nanoseconds } of one.links) {
      const remark =
        state === "attached"
          ? runs > 0n
            ? `  ${runs} runs, ${(Number(nanoseconds) / Number(runs)).toFixed(0)} ns each`
            : ""
          : state === "gone"
            ? "  the device is gone"
            : "  not attached any more: its pin was removed";
      terminal.out(`  ${program} on ${place}${remark}\n`);
    }
    if (one.maps.length > 0) terminal.out(`  maps: ${one.maps.join(", ")}\n`);
    if (name !== undefined)
      for (const map of deploymentMaps(deployment)) terminal.out(`\n${mapBlock(map, terminal).join("\n")}\n`);
  }
  return Promise.resolve(exitCode.ok);
}
