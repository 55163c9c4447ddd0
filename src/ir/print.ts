/** The IR as text, for `--emit ir` and for messages about faults in it. The same module gives the same text. */
import { assertNever } from "../base/invariant.js";
import { lineColumn } from "../base/span.js";
import type {
  Block,
  FieldAccess,
  HelperArgument,
  Instruction,
  IrFunction,
  IrGlobal,
  IrMap,
  IrModule,
  IrType,
  MemoryOperand,
  Phi,
  Terminator,
  ValueId,
} from "./ir.js";
import { layoutSize, type Layout } from "../base/layout.js";

export function printModule(module: IrModule): string {
  const parts: string[] = [`license ${JSON.stringify(module.license)}`];
  if (module.maps.length > 0) parts.push(module.maps.map(printMap).join("\n"));
  if (module.globals.length > 0) parts.push(module.globals.map(printGlobal).join("\n"));
  if (module.prints.length > 0) {
    parts.push(module.prints.map((one) => `print ${one.id}: ${JSON.stringify(one.parts)}`).join("\n"));
  }
  for (const fn of module.functions) {
    const programs = module.programs.filter((one) => one.function === fn.id);
    const heads = programs.map(
      (one) => `program ${JSON.stringify(one.name)} hook ${one.hook} section ${one.section}\n`,
    );
    parts.push(heads.join("") + printFunction(fn, module));
  }
  return parts.join("\n\n") + "\n";
}

function printMap(map: IrMap): string {
  const size = (layout: Layout | undefined): string => (layout ? `${layoutSize(layout)}` : "none");
  const extras = [
    map.flags === 0 ? "" : ` flags 0x${map.flags.toString(16)}`,
    map.pinned ? " pinned" : "",
    map.numa === undefined ? "" : ` numa ${map.numa}`,
    map.programs.map((one) => ` ${one.index}:${one.program}`).join(""),
  ];
  const sizes = `key ${size(map.key)} value ${size(map.value)} entries ${map.maxEntries}`;
  return `map m${map.id} ${JSON.stringify(map.name)}: ${map.type} ${sizes}${extras.join("")}`;
}

function printGlobal(global: IrGlobal): string {
  return `global g${global.id} ${JSON.stringify(global.name)}: ${global.section} size ${layoutSize(global.layout)}`;
}

export function printFunction(fn: IrFunction, module?: IrModule): string {
  const parameters = fn.parameters.map((one) => `v${one.id} ${one.name}: ${printType(one.type)}`).join(", ");
  const result = fn.result ? printType(fn.result) : "void";
  const head = `function f${fn.id} ${JSON.stringify(fn.name)} ${fn.linkage} ${fn.hook} (${parameters}) -> ${result} {`;
  return [head, ...fn.blocks.map((block) => printBlock(block, fn, module)), "}"].join("\n");
}

function printBlock(block: Block, fn: IrFunction, module?: IrModule): string {
  const line = (text: string, id: ValueId | undefined, where: Phi | Instruction | Terminator): string => {
    const name = id === undefined ? undefined : fn.names.get(id);
    const at = lineColumn(where.span.file, where.span.start);
    return `  ${text}  ; ${name === undefined ? "" : `${name} `}${at.line}:${at.column}`;
  };
  return [
    `b${block.id}:`,
    ...block.phis.map((phi) => line(printPhi(phi), phi.id, phi)),
    ...block.instructions.map((one) => line(printInstruction(one, module), one.id, one)),
    line(printTerminator(block.terminator), undefined, block.terminator),
  ].join("\n");
}

export function printType(type: IrType): string {
  if (type.kind === "int") return `${type.signed ? "i" : "u"}${type.bits}`;
  const size = type.size === undefined ? "" : `[${type.size}]`;
  return `*${type.region}${size}${type.nullable ? "?" : ""}`;
}

function printPhi(phi: Phi): string {
  const inputs = phi.inputs.map((one) => `b${one.block}: v${one.value}`).join(", ");
  return `v${phi.id}: ${printType(phi.type)} = phi [${inputs}]`;
}

export function printInstruction(one: Instruction, module?: IrModule): string {
  if (one.kind === "store" || one.kind === "zero" || one.kind === "copy" || one.kind === "atomic") {
    return printBody(one, module);
  }
  return one.type ? `v${one.id}: ${printType(one.type)} = ${printBody(one, module)}` : printBody(one, module);
}

function printBody(one: Instruction, module: IrModule | undefined): string {
  const map = (id: number): string => {
    const found = module?.maps.find((candidate) => candidate.id === id);
    return found ? `m${id} ${JSON.stringify(found.name)}` : `m${id}`;
  };
  switch (one.kind) {
    case "constant":
      return `constant ${one.value}`;
    case "binary":
      return `${one.op} v${one.left}, v${one.right}`;
    case "compare":
      return `compare ${one.op} v${one.left}, v${one.right}`;
    case "convert":
    case "swap-bytes":
    case "forget":
      return `${one.kind} v${one.value}`;
    case "select":
      return `select v${one.condition} ? v${one.then} : v${one.otherwise}`;
    case "bounded":
      return `bounded v${one.value} max ${one.max} (${one.what})`;
    case "null":
      return "null";
    case "is-null":
      return `is-null v${one.pointer}`;
    case "stack-slot":
      return `stack-slot ${one.size} ${JSON.stringify(one.name)}`;
    case "global-address":
      return `global-address g${one.global}`;
    case "map-address":
      return `map-address ${map(one.map)}`;
    case "function-address":
      return `function-address f${one.function}`;
    case "context-load":
      return `context-load v${one.context} + ${one.offset}`;
    case "field-info":
      return `field-info ${one.what} ${fieldPath(one.access)}`;
    case "kernel-load":
      return `kernel-load v${one.address} ${fieldPath(one.access)}`;
    case "address-of":
      return `address-of v${one.pointer}`;
    case "packet-pointer":
      return `packet-pointer ${one.which} v${one.context}`;
    case "packet-check":
      return `packet-check v${one.pointer} size ${one.size} end v${one.end}`;
    case "pointer-add":
      return `pointer-add v${one.pointer}, v${one.offset}`;
    case "pointer-difference":
      return `pointer-difference v${one.left}, v${one.right}`;
    case "load":
      return `load${one.apart ? " apart" : ""} v${one.pointer} + ${one.displacement}${order(one.order)}`;
    case "store":
      return `store${one.bits} v${one.pointer} + ${one.displacement}, v${one.value}${order(one.order)}`;
    case "zero":
      return `zero v${one.pointer} + ${one.displacement} size ${one.size}`;
    case "copy":
      return `copy v${one.to} + ${one.toDisplacement} from v${one.from} + ${one.fromDisplacement} size ${one.size}`;
    case "atomic":
      return `atomic ${one.op}${one.bits} v${one.pointer} + ${one.displacement}, v${one.value}`;
    case "map-lookup":
    case "map-delete":
      return `${one.kind} ${map(one.map)} key ${printMemory(one.key)}`;
    case "map-update":
      return `map-update ${map(one.map)} key ${printMemory(one.key)} value ${printMemory(one.value)} flags ${one.flags}`;
    case "helper":
      return `helper ${one.helper}(${one.arguments.map(printArgument).join(", ")})`;
    case "call":
      return `call f${one.function}(${one.arguments.map((value) => `v${value}`).join(", ")})`;
    default:
      return assertNever(one, "instruction");
  }
}

function fieldPath({ root, steps }: FieldAccess): string {
  return [root.name, ...steps.map((one) => one.name)].join(".");
}

function order(memory: "native" | "network"): string {
  return memory === "network" ? " network" : "";
}

function printArgument(argument: HelperArgument): string {
  return argument.kind === "value" ? `v${argument.value}` : printMemory(argument.memory);
}

function printMemory(memory: MemoryOperand): string {
  if (memory.kind === "pointer") return `[v${memory.pointer} + ${memory.displacement} size ${memory.size}]`;
  const parts = memory.parts.map((one) => `${one.offset}: v${one.value} u${one.bits}${order(one.order)}`);
  return `{size ${memory.size}; ${parts.join("; ")}}`;
}

export function printTerminator(terminator: Terminator): string {
  switch (terminator.kind) {
    case "jump":
      return `jump b${terminator.target}`;
    case "branch": {
      const hint = terminator.unlikely === undefined ? "" : ` unlikely ${terminator.unlikely}`;
      return `branch v${terminator.condition} ? b${terminator.then} : b${terminator.otherwise}${hint}`;
    }
    case "switch": {
      const cases = terminator.cases.map((one) => `${one.value}: b${one.target}`).join(", ");
      return `switch v${terminator.value} [${cases}] else b${terminator.otherwise}`;
    }
    case "return":
      return terminator.value === undefined ? "return" : `return v${terminator.value}`;
    case "unreachable":
      return "unreachable";
    default:
      return assertNever(terminator, "terminator");
  }
}
