/**
 * What LLVM's optimiser is known to spoil for the kernel's verifier, and what loads have to look like: one small
 * program each. All load on every kernel from 5.10 on.
 */
import type { IrModule } from "../../src/ir/ir.js";
import { bounds } from "./idioms-bounds.js";
import { objects } from "./idioms-objects.js";
import { packets } from "./idioms-packets.js";

export const idioms: Readonly<Record<string, () => IrModule>> = { ...bounds, ...packets, ...objects };
