/**
 * The engine: runs programs of the IR as JavaScript, without LLVM and without a kernel. It is what the language means;
 * `test/fuzz` compares it with the kernel on the same packets and maps.
 */
export {
  boot,
  makeMachine,
  resetMachine,
  runProgram,
  type HostFunction,
  type HostValue,
  type Machine,
  type MachineOptions,
  type Redirect,
} from "./machine.js";
export { Fault, Memory, Unsupported } from "./memory.js";
export { Packet, type PacketOrigin } from "./packet.js";
export type { MapState } from "./maps.js";
