/** Where names are bound to what is there: a program's parameters, and the fields that a `const { … }` takes. */
import { CompletionItemKind, type CompletionItem } from "vscode-languageserver/node";
import type { KernelFacts } from "../kernel/facts.js";
import { programKind } from "../kernel/programs.js";
import type { ProgramDeclaration } from "../syntax/ast.js";
import { headerFieldItems, structFieldItems, wordItem, type Extra } from "./completion-items.js";
import type { Place } from "./completion-place.js";

/** Undefined where no name is bound. */
export function bindingItems(place: Place, extra: Extra): readonly CompletionItem[] | undefined {
  const { parents, node, understood, workspace } = place;
  const [parent, above] = parents;
  if (parent?.kind === "destructuring") {
    if (!parent.bindings.some((one) => one.field === node || one.name === node)) return undefined;
    const given = new Set(parent.bindings.filter((one) => one.field !== node).map((one) => one.field.name));
    const type = understood.checked.types.get(parent.value.id);
    const fields =
      type?.kind === "struct"
        ? structFieldItems(type, extra)
        : type?.kind === "layer"
          ? headerFieldItems(type.header, extra)
          : [];
    return fields.filter(({ label }) => !given.has(label));
  }
  if (parent?.kind !== "parameter" || parent.name !== node || above?.kind !== "program") return undefined;
  const given = new Set(above.parameters.filter((one) => one !== parent).map((one) => one.name.name));
  return parameterNames(above, workspace.host.kernel)
    .filter((name) => !given.has(name))
    .map((name) => wordItem({ name, signature: "", doc: "" }, CompletionItemKind.Variable, extra));
}

/** As the kernel calls what it gives. */
function parameterNames(
  { hook, hookArguments }: ProgramDeclaration,
  kernel: KernelFacts | undefined,
): readonly string[] {
  const kind = programKind(hook.name);
  if (kind?.family !== "probe") return ["pkt"];
  const [target] = hookArguments;
  if (kind.target === "tracepoint") return ["event"];
  if (target?.kind !== "string") return [];
  const isFunction = kind.target === "kernel-function";
  if (!isFunction && kind.target !== "lsm-hook") return [];
  const btf = kernel?.btf();
  if (!btf || "problem" in btf) return [];
  const id = btf.find("function", isFunction ? target.value : `bpf_lsm_${target.value}`);
  const found = id === undefined ? undefined : btf.type(id);
  const signature = found?.kind === "function" ? btf.type(found.signature) : undefined;
  if (signature?.kind !== "signature") return [];
  const names = signature.parameters.map((one) => one.name).filter((name) => name !== "");
  const returns = btf.type(signature.result).kind === "void" ? [] : ["ret"];
  if (kind.arguments === "result") return returns;
  return kind.arguments === "words-and-result" ? [...names, ...returns] : names;
}
